"""What a conversation is in the middle of: a stack of forms, and what was last offered.

Frames are stored with the conversation, so a form goes on days later and on any channel.
"""

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from store.messages import Button, Message

MAX_FORMS = 3
GOES_ON_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Offered:
    """One answer of the question a form is asking: what is set when it is chosen."""

    label: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class FormFrame:
    """A form in progress.

    Attributes:
        id: names the form in buttons and makes the booking happen once.
        changes: the id of the request that the form changes; 0 where it makes a new one.
        waits: the opening is full, and it is waited for.
        step: grows with every question, so that older buttons are known as old.
        asking: the field asked for; "whom", "card" and "fix" are the form's own.
        expects: what kind of answer that is, in the words of `bot.understanding`.
    """

    id: str
    service: str
    step: int = 0
    asking: str = ""
    expects: str = ""
    beneficiary_id: int | None = None
    whom: str = ""
    values: dict[str, str] = field(default_factory=dict)
    offered: tuple[Offered, ...] = ()
    changes: int = 0
    waits: bool = False

    def action(self, index: int) -> str:
        """Return the action of the `index`-th answer offered now."""
        return f"f:{self.id}:{self.step}:{index}"

    def control(self, name: str) -> str:
        """Return the action of 确认, 修改, 不订了, 其他日子."""
        return f"f:{self.id}:{self.step}:{name}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A question asked outside any form; it stands until something else is said.

    Attributes:
        yes: the action of 好, where it can be answered so.
        no: the action of 不用.
        choices: of which one is meant: how each reads, and its action.
        words: what led to the question, for the staff to read.
    """

    yes: str = ""
    no: str = ""
    choices: tuple[Button, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone wanted before we knew who it is; begun once the account is bound."""

    service: str
    values: dict[str, str]
    whom: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The last question, as it was understood, and when: 那家属呢 goes on from it."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Frames:
    """Everything a conversation remembers."""

    forms: tuple[FormFrame, ...] = ()
    buttons: tuple[Button, ...] = ()
    last: tuple[Message, ...] = ()
    unclear: int = 0
    pending: Pending | None = None
    wish: Wish | None = None
    asked: Asked | None = None

    @property
    def form(self) -> FormFrame | None:
        """The form being filled in, if any."""
        return self.forms[-1] if self.forms else None

    @property
    def expecting(self) -> str | None:
        """What kind of answer the open question expects, for understanding a bare one."""
        if self.pending is not None:
            return "yes_no" if self.pending.yes else "choice"
        return self.form.expects or None if self.form is not None else None

    def asked_lately(self, now: datetime) -> str | None:
        """Return the last question while one may still go on from it."""
        if self.asked is None or now - self.asked.at > GOES_ON_FOR:
            return None
        return self.asked.words or None

    def with_form(self, form: FormFrame) -> "Frames":
        """Put `form` in place of the topmost one."""
        return replace(self, forms=(*self.forms[:-1], form))

    def push(self, form: FormFrame) -> "Frames":
        """Begin another form on top; the oldest falls off a stack that is too high."""
        return replace(self, forms=(*self.forms, form)[-MAX_FORMS:])

    def pop(self) -> "Frames":
        """End the topmost form."""
        return replace(self, forms=self.forms[:-1])

    def on_top_of(self, others: "Frames") -> "Frames":
        """Return these frames with the forms of `others` beneath their own."""
        return replace(self, forms=(*others.forms, *self.forms)[-MAX_FORMS:])

    def as_data(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "forms": [asdict(form) for form in self.forms],
            "buttons": [[button.label, button.action] for button in self.buttons],
            "last": [message.as_data() for message in self.last],
            "unclear": self.unclear,
            "pending": _pending_data(self.pending),
            "wish": asdict(self.wish) if self.wish else None,
            "asked": [self.asked.words, self.asked.at.isoformat()] if self.asked else None,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any] | None) -> "Frames":
        """Read the stored form back; an empty conversation has none."""
        if not data:
            return cls()
        return cls(
            forms=tuple(
                FormFrame(
                    **{
                        **form,
                        "offered": tuple(Offered(**offered) for offered in form["offered"]),
                    }
                )
                for form in data["forms"]
            ),
            buttons=tuple(Button(label, action) for label, action in data["buttons"]),
            last=tuple(Message.from_data(message) for message in data["last"]),
            unclear=data["unclear"],
            pending=_pending_of(data.get("pending")),
            wish=Wish(**data["wish"]) if data.get("wish") else None,
            asked=_asked_of(data.get("asked")),
        )


def _pending_data(pending: Pending | None) -> dict[str, Any] | None:
    if pending is None:
        return None
    choices = [[each.label, each.action] for each in pending.choices]
    return {**asdict(pending), "choices": choices}


def _pending_of(data: dict[str, Any] | None) -> Pending | None:
    if data is None:
        return None
    choices = tuple(Button(label, action) for label, action in data["choices"])
    return Pending(**{**data, "choices": choices})


def _asked_of(data: list[str] | None) -> Asked | None:
    return Asked(data[0], datetime.fromisoformat(data[1])) if data else None


def new_form(service: str) -> FormFrame:
    """Begin a form with an id of its own."""
    return FormFrame(id=secrets.token_hex(6), service=service)
