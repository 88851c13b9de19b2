"""The live bench with real weights on eight seconds of the sample."""

import importlib.util
import json
from pathlib import Path

import pytest
import soundfile

from meetcore.audio.media_files import read_audio
from meetcore.cli.main import main


@pytest.mark.long
@pytest.mark.model
def test_the_bench_measures_real_meetings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package,) = importlib.util.find_spec("pyannote").submodule_search_locations
    samples = read_audio(Path(package, "audio", "sample", "sample.wav"))
    soundfile.write(tmp_path / "two.wav", samples[int(12.3 * 16_000) : int(20.2 * 16_000)], 16_000)
    (tmp_path / "two.stm").write_text(
        "two 1 Diane 0.242 1.884 This is Diane in New Jersey.\n"
        "two 1 Sheila 2.144 5.469 And I'm Sheila in Texas, originally from Chicago.\n"
        "two 1 Diane 5.489 7.813 Oh, I'm originally from Chicago also.\n"
    )
    files = [str(tmp_path / "two.wav"), "--reference", str(tmp_path / "two.stm")]
    assert main(["bench", "live", *files, "--final-weight", "tiny.en", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    (figures,) = result["files"]
    assert figures["provisional"]["words"]["reference_words"] == 22
    assert figures["provisional"]["words"]["rate"] < 0.4
    assert figures["final"]["words_by_speaker"]["rate"] < 0.4
    assert len(figures["latency"]["final"]) >= 12
    assert figures["latency"]["final_spread"]["median"] < 10
    assert 0 < result["cpu_s_per_audio_s"] < 5
