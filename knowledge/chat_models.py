"""Chat models by setting: an OpenAI-compatible server, or Ollama, through LangChain.

The packages are an extra and are imported only when one is set.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langsmith import tracing_context
from pydantic import SecretStr

from knowledge.errors import ExtraMissing
from knowledge.patience import ServerFailed

_MOST_TOKENS = 300
# Sent where no key is set, so that none is taken out of the environment.
_NO_KEY = "none"
# A connection kept since the last question may be dead by the next, and would count as a failure.
_HEADERS = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """Which model, where, and with what key."""

    provider: str
    model: str
    url: str
    key: str | None


class ChatModel:
    """One chat model; asked for one reply at a time, never streamed to anyone."""

    def __init__(self, model: BaseChatModel) -> None:
        """Take any LangChain chat model."""
        self._model = model

    def reply(self, instructions: str, material: str) -> str:
        """Return the reply's text; "" where it is none or was cut off.

        Raises:
            ServerFailed: names the kind of failure and the HTTP status; never the server's words,
                which may repeat what it was asked.
        """
        messages = [SystemMessage(instructions), HumanMessage(material)]
        try:
            # Whatever the environment says, nobody but the server of the setting is told.
            with tracing_context(enabled=False):
                message = self._model.invoke(messages)
        except Exception as error:
            raise ServerFailed(_kind_of(error)) from error
        facts = message.response_metadata
        if "length" in {facts.get("finish_reason"), facts.get("done_reason")}:
            return ""
        return str(message.text)


def open_chat_model(address: ModelAddress, *, seconds: float) -> ChatModel:
    """Return the model of an address; nothing is sent yet.

    Raises:
        ExtraMissing: the package for it is not installed.
    """
    try:
        if address.provider == "ollama":
            return ChatModel(_ollama(address, seconds))
        return ChatModel(_openai(address, seconds))
    except ImportError as error:
        raise ExtraMissing("JUNXIU_LLM", "llm") from error


def _openai(address: ModelAddress, seconds: float) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    url = address.url if urlsplit(address.url).path.strip("/") else f"{address.url}/v1"
    return ChatOpenAI(
        model=address.model,
        base_url=url,
        api_key=SecretStr(address.key or _NO_KEY),
        default_headers=_HEADERS,
        temperature=0,
        timeout=seconds,
        max_retries=0,
        use_responses_api=False,
        max_completion_tokens=_MOST_TOKENS,
    )


def _ollama(address: ModelAddress, seconds: float) -> BaseChatModel:
    from langchain_ollama import ChatOllama

    authorization = {"Authorization": f"Bearer {address.key}"} if address.key else {}
    return ChatOllama(
        model=address.model,
        base_url=address.url,
        temperature=0,
        num_predict=_MOST_TOKENS,
        reasoning=False,
        client_kwargs={"timeout": seconds, "headers": _HEADERS | authorization},
    )


def _kind_of(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    kind = type(error).__name__
    return f"{kind} {status}" if isinstance(status, int) and status > 0 else kind
