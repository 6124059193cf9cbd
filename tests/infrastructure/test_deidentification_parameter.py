"""The parameter DeidentifyNotes reaches the job, with what the job then imports."""

import pytest

from tests.infrastructure.sam import Template


@pytest.mark.parametrize(
    ("stage", "deidentifies", "modules"),
    [("dev", "false", None), ("dev", "true", "pydantic"), ("prod", "false", None), ("prod", "true", "gluewheels.zip")],
)
def test_the_job_is_told_and_gets_its_packages(stage, deidentifies, modules):
    template = Template.of_stage(stage, DeidentifyNotes=deidentifies)
    arguments = template.resources["PrepareNotesJob"]["Properties"]["DefaultArguments"]
    assert arguments["--deidentify"] in (deidentifies, {"Ref": "DeidentifyNotes"})
    assert "code/chartcode.zip" in str(arguments["--extra-py-files"])
    found = arguments.get("--additional-python-modules")
    assert found is None if modules is None else modules in str(found)
