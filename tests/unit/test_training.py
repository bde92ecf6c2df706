"""What training leaves out of Rasa's own steps, and that it is put back."""

import gc
import tarfile

from rasa.engine.storage import local_model_storage

from finlit import training


def test_a_model_is_packed_quickly_and_rasas_own_way_comes_back(tmp_path):
    whole, often = local_model_storage.TarSafe, gc.get_threshold()
    content = bytes(range(256)) * 4096 * 8  # 8 MB
    (tmp_path / "numbers").write_bytes(content)
    with training._lighter():
        assert gc.get_threshold() == training.SELDOM
        with local_model_storage.TarSafe.open(tmp_path / "m.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "numbers", arcname="numbers")
    assert gc.get_threshold() == often and local_model_storage.TarSafe is whole
    assert (tmp_path / "m.tar.gz").read_bytes()[8] == 4, "the header says: packed by the fastest way"
    with tarfile.open(tmp_path / "m.tar.gz") as archive:
        assert archive.extractfile("numbers").read() == content
