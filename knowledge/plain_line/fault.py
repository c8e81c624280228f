"""Why a line in plain words is not said."""

import enum


class Fault(enum.StrEnum):
    """What is wrong with a line, in the words of the log."""

    SHAPE = "is not one short sentence"
    STRANGE = "has characters that no such sentence has"
    CONTACT = "has an address or a long number"
    FORBIDDEN = "promises, addresses somebody or instructs"
    VERBATIM = "has a title, quotation or document number that the clauses do not have"
    NUMBER = "has a number that the clauses do not have there"
    NAME = "has a name or a definite word that the clauses do not have"
    OTHERWISE = "says a thing of something else than the clauses do"
    FOREIGN = "says what the clauses do not speak of"
    POLARITY = "turns or drops a 不, 可以, 应当, 争取 or 只"
    CONDITION = "drops a condition"
