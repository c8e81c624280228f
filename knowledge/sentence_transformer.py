"""Any model of sentence-transformers as the embedder (an extra), behind LangChain's `Embeddings`.

The library and torch are loaded when such a model is, never before.
"""

import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.embedding import Vector, clean
from knowledge.errors import ExtraMissing, ModelNotUsable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

EXTRA = "sentence-transformers"
_SETTING = "JUNXIU_EMBEDDER"
_LONGEST_NAME = 40
# No language needs more characters for a token than this, on the average of a text.
_CHARACTERS_A_TOKEN = 6
_LONGEST_TEXT = 8_000
_Model = TypeVar("_Model")

# What has nothing to do with one another, as near as the embedded model finds it. How near is
# near enough is measured on that model's scale; another model's cosines are brought to it.
COSINE_OF_STRANGERS = 0.817
STRANGE_QUESTIONS = (
    "红烧肉怎么做才不腻",
    "明天会下雨吗",
    "手机没有声音了怎么办",
    "足球世界杯什么时候开始",
    "怎样给花浇水",
    "孙子高考填什么志愿",
    "这只股票还能涨吗",
    "西红柿一斤多少钱",
    "地球到月亮有多远",
    "怎么学用电脑打字",
    "附近哪里能修鞋",
    "唐诗里写月亮的有哪些",
)
STRANGE_PASSAGES = (
    "每年组织一次健康体检，费用由单位承担。",
    "申请人应当提交身份证件和有关证明材料。",
    "本办法自发布之日起施行。",
    "各部门要加强协调配合，确保各项工作落实。",
    "建立健全监督考核机制，定期开展评估。",
    "困难家庭可以申请临时救助。",
    "对符合条件的人员给予生活补贴。",
    "养老服务机构应当配备专业护理人员。",
    "工作人员应当在五个工作日内予以答复。",
    "鼓励社会力量参与公益服务。",
    "车辆应当在指定区域停放。",
    "党员应当按时交纳党费。",
)


class SentenceTransformerEmbedder(Embeddings):
    """One loaded model; threads take turns.

    Its vectors have one number more than the model's own. With it the cosine of two vectors is
    `share * cosine + (1 - share)`: the same order, length one, and strangers as near to one
    another as the embedded model puts them.
    """

    def __init__(self, name_or_folder: str) -> None:
        """Load the model by its name or from a folder.

        Raises:
            ExtraMissing: the extra is not installed.
            ModelNotUsable: there is no such model.
        """
        self._model: SentenceTransformer = load(_open, name_or_folder, setting=_SETTING)
        # Its tokenizer cannot be used by two threads at once.
        self._lock = threading.Lock()
        tokens = int(self._model.max_seq_length or 512)
        self._longest = min(_LONGEST_TEXT, _CHARACTERS_A_TOKEN * tokens)
        self._share = 1.0
        self._share = _share(
            self._encoded(list(STRANGE_QUESTIONS), is_question=True),
            self._encoded(list(STRANGE_PASSAGES), is_question=False),
        )
        self.dimensions = len(self.query_vector("军休"))
        self.name = f"sentence-transformers:{_short(name_or_folder)}:{_checksum(self._model):08x}"

    def query_vector(self, text: str) -> Vector:
        """Embed a question: one row of float32, length one."""
        row: Vector = self._on_our_scale(self._encoded([text], is_question=True))[0]
        return row

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Embed passages: one row each."""
        return self._on_our_scale(self._encoded(texts, is_question=False))

    def embed_query(self, text: str) -> list[float]:
        """Embed a question for LangChain."""
        return [float(number) for number in self.query_vector(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages for LangChain."""
        rows: list[list[float]] = self.passage_vectors(texts).tolist()
        return rows

    def _encoded(self, texts: Sequence[str], *, is_question: bool) -> Vector:
        """Embed with the prompt that the model defines for questions, or for passages."""
        encode = self._model.encode_query if is_question else self._model.encode_document
        with self._lock:
            rows = encode(
                [clean(text, self._longest) for text in texts],
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return np.asarray(rows, dtype=np.float32)

    def _on_our_scale(self, rows: Vector) -> Vector:
        rest = np.full((len(rows), 1), np.sqrt(1 - self._share), dtype=np.float32)
        return np.hstack([np.sqrt(np.float32(self._share)) * rows, rest])


def load(opened: Callable[[str], _Model], name_or_folder: str, *, setting: str) -> _Model:
    """Load the model that a setting asks for.

    Raises:
        ExtraMissing: the extra is not installed.
        ModelNotUsable: there is no such model.
    """
    try:
        return opened(name_or_folder)
    except ModuleNotFoundError as error:
        raise ExtraMissing(setting, EXTRA) from error
    except Exception as error:
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise ModelNotUsable(setting, name_or_folder, reason) from error


def _open(name_or_folder: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(name_or_folder)
    if not model.get_embedding_dimension():
        raise ValueError("it does not say how long its vectors are")
    return model


def _share(questions: Vector, passages: Vector) -> float:
    """Return how much of the cosine is the model's own, so that strangers are where ours are."""
    own = float((questions @ passages.T).mean())
    return min(1.0, (1 - COSINE_OF_STRANGERS) / max(1e-3, 1 - own))


def _short(name_or_folder: str) -> str:
    return Path(name_or_folder).name[-_LONGEST_NAME:]


def _checksum(model: "SentenceTransformer") -> int:
    """Sum up weights, layers and prompts: another model in the same folder is another model."""
    checksum = zlib.crc32(f"{model!r}{model.prompts}{model.max_seq_length}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        checksum = zlib.crc32(name.encode(), checksum)
        checksum = zlib.crc32(tensor.detach().cpu().float().numpy().tobytes(), checksum)
    return checksum
