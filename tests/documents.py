"""Documents to test with, without a model: rows as ingestion writes them."""

from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.models import Document, Passage, SourceKind, scope_of
from knowledge.vectors import content_hash

# One line is one passage; "# " makes it a heading.
LINES = (
    "# 一、医疗",
    "军休干部到军队医院看病，可享受优先。",
    "每年组织1次健康体检。",
    "体检由军休机构组织。",
    "# 二、疗养",
    "建立荣誉疗养制度。",
)


def make_document(
    session: Session,
    now: datetime,
    *,
    institution_id: int | None = None,
    title: str = "关于服务管理的通知",
    lines: tuple[str, ...] = LINES,
    external_id: str = "made",
) -> tuple[Document, list[Passage]]:
    """Write a document with a passage for each line."""
    texts = [line.removeprefix("# ") + "\n" for line in lines]
    document = Document(
        institution_id=institution_id,
        scope=scope_of(institution_id),
        external_id=external_id,
        title=title,
        source=SourceKind.POLICY if institution_id is None else SourceKind.HOUSE,
        text="".join(texts),
        content_hash="0",
        number="军休发〔2026〕3号",
        ingested_at=now,
    )
    session.add(document)
    session.flush()
    passages: list[Passage] = []
    heading, start = "", 0
    for position, (line, text) in enumerate(zip(lines, texts, strict=True)):
        is_heading = line.startswith("# ")
        heading = line.removeprefix("# ") if is_heading else heading
        passages.append(
            Passage(
                institution_id=institution_id,
                document_id=document.id,
                position=position,
                source=document.source,
                is_heading=is_heading,
                heading=heading,
                start=start,
                end=start + len(text),
                text=text,
                content_hash=content_hash(text.strip()),
            )
        )
        start += len(text)
    session.add_all(passages)
    session.flush()
    return document, passages
