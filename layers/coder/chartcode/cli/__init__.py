"""``chartcode``: code notes, search the code set, and send batches to a deployed Chartcode.

Only ``batch`` reaches for a network. Exit codes:

0  all went well
1  some notes could not be coded (each is named on standard error, the others are written), or nothing was found
2  the command cannot run: bad option, missing file or model
3  the API does not answer, or refuses
"""

from __future__ import annotations

import typer

from chartcode.cli import batch, classification, coding, serving

app = typer.Typer(help="Clinical notes in, ICD-10-CM codes out.", no_args_is_help=True, add_completion=False)
app.command()(coding.code)
app.command("evaluate")(coding.evaluate_command)
app.command()(classification.search)
app.command()(classification.explain)
app.add_typer(batch.app, name="batch")
app.command()(serving.serve)
app.command()(coding.verify)
