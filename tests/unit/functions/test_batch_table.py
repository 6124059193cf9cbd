from chartcode_aws.batch_table import Batch, BatchTable

SUMMARY = {
    "batch_id": "batch-1",
    "status": "SUCCEEDED",
    "files": 1,
    "started": "2026-11-23T00:00:00Z",
    "finished": "2026-11-23T00:01:00Z",
}


def test_nothing_undoes_an_end(aws):
    table = BatchTable()
    waiting = Batch(id="batch-1", status="WAITING_FOR_UPLOAD", files=1, file_names=("a.txt",))
    table.create(waiting)
    table.finish(SUMMARY)
    table.start("batch-1")
    table.create(waiting)
    assert table.get("batch-1").status == "SUCCEEDED"


def test_a_batch_started_by_hand_is_listed_when_it_ends(aws):
    BatchTable().finish(SUMMARY)
    (batch,), _ = BatchTable().page(10)
    assert (batch.id, batch.created, batch.summary) == ("batch-1", SUMMARY["started"], SUMMARY)


def test_since_goes_back_to_a_day_across_pages(aws):
    for number in range(205):
        created = f"2026-11-{1 + number // 100:02}T00:00:00.{number:03}Z"
        BatchTable().create(Batch(id=f"batch-{number}", status="IN_PROGRESS", files=1, created=created))
    assert [batch.id for batch in BatchTable().since("2026-11-02")] == [f"batch-{n}" for n in range(204, 99, -1)]
