"""What was typed or transcribed, in one plain form: half-width, simplified, without noise."""

import re
import unicodedata

from knowledge.words import simplified

MAX_READ = 600

_PUNCTUATION = str.maketrans(
    {
        ",": "，",
        "?": "？",
        "!": "！",
        ";": "；",
        "~": "，",
        "…": "，",
        "\n": "，",
        "—": "，",
        "(": "，",
        ")": "，",
        "“": "",
        "”": "",
        '"': "",
    }
)
_BREAKS = re.compile(r"[，。！？；\s]*([，。！？；])[，。！？；\s]*")
# 明天中午饭一份 后天八点车: a space between two longer pieces is a pause, one in 送 饭 is nothing.
_PAUSE = re.compile(r"(?<=[\u4e00-\u9fff]{4})\s+(?=[\u4e00-\u9fff]{3})")
_NOISE = {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Mn", "Me"}


def clean(text: str) -> str:
    """Return at most MAX_READ characters of `text`, fit for the rules.

    The cut comes first, so that a giant paste costs nothing. A long story is read at both
    ends: what is wanted stands at the beginning or at the end.
    """
    if len(text) > MAX_READ:
        text = text[: MAX_READ // 2] + "，" + text[-MAX_READ // 2 :]
    text = unicodedata.normalize("NFKC", text.replace("\n", "，"))
    kept = "".join(each for each in text if unicodedata.category(each) not in _NOISE)
    kept = _PAUSE.sub("，", simplified(kept)).translate(_PUNCTUATION)
    kept = _BREAKS.sub(r"\1", kept).replace("元月", "一月")
    return re.sub(r"(?<![a-zA-Z])\s+|\s+(?![a-zA-Z])", "", kept)[: MAX_READ * 2].strip("，；")
