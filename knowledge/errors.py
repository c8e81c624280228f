"""Errors of the knowledge side. Each message is a Chinese sentence.

KnowledgeError
├── FileWrong       a word or rule file cannot be used; names the file and the line
├── LineWrong       a line of a question file is not such an object; names the line
├── SetWrong        a line of a question set cannot be scored; names the file and the line
├── ExtraMissing    a setting needs packages that are not installed; names both
└── ModelNotUsable  a model that was set cannot be loaded; names it, and the setting
"""

from pathlib import Path


class KnowledgeError(Exception):
    """Something about documents, answers or their files that must be put right."""


class FileWrong(KnowledgeError):
    """A file that anyone may correct does not hold what it should."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        """Name the file, the line and the reason."""
        super().__init__(f"{path.name} 第{line}行：{reason}")
        self.path = path
        self.line = line


class LineWrong(KnowledgeError):
    """A line of a question file is not an object with `id` and `question`."""

    def __init__(self, line: int, reason: str) -> None:
        """Name the line, counted from 1, and the reason."""
        super().__init__(f"第{line}行：{reason}")
        self.line = line


class SetWrong(KnowledgeError):
    """A line of a question set does not say what would be right, or sets a bar it cannot."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        """Name the file, the line, counted from 1, and the reason."""
        super().__init__(f"{path.name} 第{line}行：{reason}")
        self.line = line


class ExtraMissing(KnowledgeError):
    """A setting asks for what is not installed."""

    def __init__(self, setting: str, extra: str) -> None:
        """Name the setting and the extra that brings what it needs."""
        super().__init__(
            f"{setting} 要用的软件包没有装：请运行 pip install 'junxiu[{extra}]'，或者不设它。"
        )


class ModelNotUsable(KnowledgeError):
    """A setting asks for a model that cannot be loaded."""

    def __init__(self, setting: str, model: str, reason: str) -> None:
        """Name the setting, the model and what the library says of it."""
        super().__init__(
            f"{setting} 要的模型 {model} 打不开（{reason}）。请改成本机有的模型名或文件夹，或者不设它。"
        )
