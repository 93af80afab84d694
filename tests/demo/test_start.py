"""Starting the server: local by default, lazy imports, and synthetic patients on demand."""

import subprocess
import sys

import pytest
from fake_cases import fake_case

from demo import __main__ as start
from demo import builtin
from demo.builtin import BUILT_IN, open_built_in


def test_it_listens_on_this_machine_by_default():
    pytest.importorskip("traitlets")
    config = start.settings(start.parse([]))
    assert config.Voila.ip == "127.0.0.1"
    assert config.Voila.tornado_settings["allow_remote_access"] is False
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.VoilaConfiguration.allow_template_override == "NO"
    other = start.settings(start.parse(["--ip", "0.0.0.0", "--port", "80", "--no-browser"]))
    assert (other.Voila.ip, other.Voila.port, other.Voila.open_browser) == ("0.0.0.0", 80, False)
    assert other.Voila.tornado_settings["allow_remote_access"] is True


def test_the_library_imports_no_server():
    code = (
        "import sys, brainlab, demo.page\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'voila', 'jupyter_server', 'nbconvert'}, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys, demo.__main__; assert 'torch' not in sys.modules and 'voila' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_voila_there_is_one_line():
    code = "import sys; sys.modules['voila'] = None; from demo.__main__ import main; main([])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "Voila is not installed; the demo needs it: pip install 'brainlab[app]'\n"


def test_a_synthetic_patient_is_generated_on_demand(tmp_path, monkeypatch):
    asked = []

    def make(patients, folder, **options):
        asked.append((patients, folder, options["spacing"], options["processes"]))
        fake_case(folder, f"BraTS-GLI-9000{patients - 1}-000")
        return folder

    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    monkeypatch.setattr(builtin, "make_cohort", make)
    assert open_built_in(2).id == "BraTS-GLI-90002-000"
    assert asked == [(3, tmp_path / "cohort-1mm", 1, 1)]


def test_an_unknown_synthetic_patient_is_named():
    with pytest.raises(ValueError, match="synthetic patient 6; expected 0 to 5"):
        open_built_in(len(BUILT_IN))
