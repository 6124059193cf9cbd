"""What coding costs: golden values are worked out by hand in the comments."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from local.cost import __main__ as cost
from local.cost.inputs import Assumed, Deployment, Measured
from local.cost.prices import Price, Prices
from local.cost.usage import NOTES_PER_SHARD, Calculator, Month

ROOT = Path(__file__).parents[2]
PRICES = Prices.load()
MEASURED = Measured(
    as_of="2026-01-01",
    source="made up",
    note_ms=200,
    cold_start_s=1,
    note_characters=2_001,
    result_bytes=2**20,
    fhir_bytes=2**20,
    publish_ms=1,
    prepare_base_s=20,
    prepare_ms=1,
)
DEPLOYMENT = Deployment(
    api_gb=2,
    predict_gb=2,
    publish_gb=2,
    small_gb=0.5,
    prepare_workers=2,
    code_workers=10,
    glue_threshold=20_000,
    retention_months=12,
    log_months=12,
    audit_months=72,
    shards_per_child=4,
    workflow_states=6,
    resources={
        "Key": {"Type": "AWS::KMS::Key"},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Gateway": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Condition": "InVpc",
            "Properties": {"VpcEndpointType": "Gateway"},
        },
        "Logs": {"Type": "AWS::EC2::VPCEndpoint", "Condition": "InVpc", "Properties": {"VpcEndpointType": "Interface"}},
    },
)
CALCULATOR = Calculator(MEASURED, Assumed(api_cold_share=0.01, polls_a_month=0), DEPLOYMENT)


def test_a_price_is_charged_tier_by_tier():
    # 333 million at 3.50 $, and 67 million at 2.80 $ a million.
    assert PRICES["api_gateway.rest_request"].cost(400e6) == pytest.approx(1165.50 + 187.60)


def test_the_free_tier_is_taken_off_the_top():
    # 6,000,400,000 GB-seconds cost 6e9 at the first price and 400,000 at the second; free are 400,000 of those.
    assert PRICES["lambda.gb_second.x86_64"].saved(6_000_400_000) == pytest.approx(400_000 * 0.000015)
    assert PRICES["step_functions.transition"].saved(1_000) == pytest.approx(0.025)
    assert PRICES["glue.dpu_hour"].saved(1_000) == 0


def test_the_api_costs_what_its_requests_and_seconds_cost():
    # 1,000 calls of 0.2 s, and 10 cold starts of 1 s, at 2 GB: 420 GB-seconds.
    costs = PRICES.by_service(CALCULATOR.api(1_000))
    assert costs["API Gateway"] == pytest.approx(0.0035)
    assert costs["Lambda"] == pytest.approx(1_000 * 0.0000002 + 420 * 0.0000166667)
    # Two copies of an entry of 500 bytes for each note, held for six years.
    assert costs["DynamoDB"] == pytest.approx(2_000 * 0.000000625 + 1_000_000 / 2**30 * 72 * 0.25)
    # 1,000 answers of 1 MB are 1,000 / 1,024 GB.
    assert costs["Data transfer out"] == pytest.approx(0.09 * 1_000 / 1_024)
    assert PRICES.by_service(CALCULATOR.api(1_000, "arm64"))["Lambda"] == pytest.approx(0.0002 + 420 * 0.0000133334)


def test_a_batch_in_lambda():
    # 1,000 notes in 10 files: 40 shards, 10 children of 4 shards, each with a cold start.
    usage = CALCULATOR.batch(Month(1_000, 1, 10), "lambda")
    # 6 states of the workflow, and 2 transitions of each child.
    assert usage["step_functions.transition"] == 26
    # Start 1, plan and publish 2, children 10.
    assert usage["lambda.request"] == 13
    # 10 uploads, 15 of the batch, 4 of each shard; 10 files, 10 of the batch, 2 of each shard.
    assert (usage["s3.put"], usage["s3.get"]) == (185, 100)
    # Children: 200 s of notes, 10 s of cold starts, 40 * 4 * 0.02 s of S3, at 2 GB. Start: 10 * 2 * 0.02 s + 0.5 s, at
    # 0.5 GB. Plan: 0.5 s at 0.5 GB. Publish: 1 s of notes, 1 s, 40 * 0.02 / 8 s of S3, at 2 GB.
    assert usage["lambda.gb_second.x86_64"] == pytest.approx(426.4 + 0.45 + 0.25 + 4.2)
    # Prepare: 20 s + (1 s + 0.2 s) / 4 cores are less than the minute that two workers are charged for.
    assert usage["glue.dpu_hour"] == pytest.approx(2 / 60)
    # Notes (given and prepared), results and bundles, held for 12 months.
    assert usage["s3.gb_month"] == pytest.approx(1_000 * (2 * 2_001 + 2 * 2**20) * 12 / 2**30)


def test_a_batch_in_glue():
    # 90 s of setup, 1 s of cold start, and 36,000 notes * 0.2 s / 36 cores = 200 s: 291 s of ten workers.
    usage = CALCULATOR.batch(Month(36_000, 1, 1), "glue")
    prepared = 2 * (20 + (36 + 0.02) / 4)
    prepared = max(prepared, 120)
    assert usage["glue.dpu_hour"] == pytest.approx((prepared + 2_910) / 3_600)
    assert usage["step_functions.transition"] == 6


def test_comprehend_medical_charges_begun_units():
    # 2,001 characters are 21 units of 0.0005 $.
    assert PRICES.total(CALCULATOR.comprehend_medical(1_000)) == pytest.approx(10.50)


def test_a_month_is_spread_over_batches_that_can_be_published():
    assert Month.of(1_000, Assumed()) == Month(1_000, 30, 30)
    assert Month.of(100_000_000, Assumed()) == Month(100_000_000, 200, 1_000_000)
    assert Month.of(10, Assumed()).batches == 10
    assert Month(19_999, 1, 1).engine(DEPLOYMENT) == "lambda"
    assert Month(20_000, 1, 1).engine(DEPLOYMENT) == "glue"


def test_standing_costs_count_resources():
    assert PRICES.total(CALCULATOR.standing(conditional=False)) == pytest.approx(1.00 + 0.10)
    # One interface endpoint in two zones for 730 hours; gateway endpoints are free.
    assert PRICES.total(CALCULATOR.standing(conditional=True)) == pytest.approx(1.10 + 14.60)


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [{"up_to": 10, "usd": 1}],
        [{"up_to": None, "usd": 1}, {"up_to": None, "usd": 1}],
        [{"up_to": 10, "usd": 1}, {"up_to": 5, "usd": 1}, {"up_to": None, "usd": 1}],
        [{"up_to": None, "usd": 0}],
    ],
)
def test_bad_tiers_are_refused(tiers):
    good = PRICES["lambda.request"].model_dump()
    with pytest.raises(ValidationError):
        Price.model_validate({**good, "tiers": tiers})


def test_a_price_twice_is_refused(tmp_path):
    data = PRICES.model_dump()
    (tmp_path / "prices.json").write_text(json.dumps({**data, "prices": [*data["prices"], data["prices"][0]]}))
    with pytest.raises(ValidationError, match="stands twice"):
        Prices.load(tmp_path / "prices.json")


def test_bench_replaces_the_times_only(tmp_path):
    committed = Measured.load(bench=tmp_path / "none.json")
    (tmp_path / "bench.json").write_text('{"whole note, ms": 120.5, "import to ready, s": 0.9, "other": 1}')
    measured = Measured.load(bench=tmp_path / "bench.json")
    times = {"note_ms": 120.5, "cold_start_s": 0.9, "source": measured.source}
    assert measured == committed.model_copy(update=times)
    assert measured.source.startswith("make bench on this machine")


def test_sizes_are_those_of_the_template_and_the_jobs():
    deployment = Deployment.read()
    assert (deployment.api_gb, deployment.predict_gb) == (1769 / 1024, 1769 / 1024)
    assert deployment.workflow_states == 6
    assert (
        int(re.search(r"NOTES_PER_SHARD = (\d+)", (ROOT / "glue/prepare_notes.py").read_text())[1]) == NOTES_PER_SHARD
    )
    benched = (ROOT / "training" / "bench.py").read_text()
    assert '"whole note"' in benched
    assert '"import to ready, s"' in benched


def test_the_command_prints_tables_and_json():
    import typer

    app = typer.Typer()
    app.command()(cost.main)
    tables = CliRunner().invoke(app, [])
    assert tables.exit_code == 0, tables.output
    assert "Comprehend Medical" in tables.output
    printed = json.loads(CliRunner().invoke(app, ["--json", "--notes-per-file", "1"]).output)
    assert [row["notes"] for row in printed["growth"]][-1] == 100_000_000
    assert printed["assumed"]["notes_per_file"] == 1
