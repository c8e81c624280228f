"""The sentences: every one that is said exists, every one that exists is said, none is long."""

import re
import tomllib
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in BOT.glob("*.py"))
SENTENCES = {
    f"{group}.{key}": sentence
    for group, sentences in tomllib.loads((BOT / "texts.toml").read_text(encoding="utf-8")).items()
    for key, sentence in sentences.items()
}
# Keys that are put together while talking.
PUT_TOGETHER = re.compile(
    r"hello\.(morning|forenoon|noon|afternoon|evening)"
    r"|form\.(past|impossible|vague|repeating)(_time)?"
    r"|human\.(complaint|praise)_again"
    r"|bind\.(wrong|used|expired|too_many_tries)"
    r"|button\..*"
)


def test_every_sentence_that_is_said_exists() -> None:
    said = set(
        re.findall(
            r'"((?:hello|form|bind|mine|human|danger|fraud|live|rating|unclear|answer|question|original)'
            r'\.[a-z_]+)"',
            SOURCE,
        )
    )
    assert said
    assert said <= SENTENCES.keys()


def test_every_sentence_that_exists_is_said() -> None:
    unsaid = {
        key for key in SENTENCES if f'"{key}"' not in SOURCE and not PUT_TOGETHER.fullmatch(key)
    }
    assert unsaid == set()


def test_every_button_is_shown() -> None:
    used = set(re.findall(r'button\(\s*"([a-z_]+)"', SOURCE)) | {"self"}
    assert {key.removeprefix("button.") for key in SENTENCES if key.startswith("button.")} == (used)


def test_no_sentence_is_long_and_none_asks_twice() -> None:
    for key, sentence in SENTENCES.items():
        assert len(sentence) <= 120, key
        assert sentence.count("？") <= 1 or key == "hello.help", key
