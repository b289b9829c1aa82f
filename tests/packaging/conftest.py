from pathlib import Path

import pytest
from filelock import FileLock
from support.distributions import Built, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The sdist, and the wheel that was built from it, once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "distributions"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            made = build(Path(f"{folder}.new"))
            made.wheel.parent.rename(folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)
