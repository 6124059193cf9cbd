from training.stages import Stages, key_of


def test_a_key_follows_the_content_and_the_order(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("1")
    first = key_of(["x", file])
    assert first == key_of(["x", file])
    assert first != key_of([file, "x"])
    file.write_text("2")
    assert first != key_of(["x", file])


def test_a_folder_is_known_by_its_code_and_data_files(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.json").write_text("{}")
    first = key_of([tmp_path])
    (tmp_path / "cache.pyc").write_text("x")
    assert first == key_of([tmp_path])
    (tmp_path / "rules" / "a.json").write_text("[]")
    assert first != key_of([tmp_path])


def test_a_stage_is_repeated_when_its_key_or_a_file_is_gone(tmp_path):
    (tmp_path / "out.npz").touch()
    Stages(tmp_path).mark("rows", "k1")
    assert Stages(tmp_path).is_done("rows", "k1", ["out.npz"])
    assert not Stages(tmp_path).is_done("rows", "k2", ["out.npz"])
    assert not Stages(tmp_path).is_done("terms", "k1", ["out.npz"])
    (tmp_path / "out.npz").unlink()
    assert not Stages(tmp_path).is_done("rows", "k1", ["out.npz"])
