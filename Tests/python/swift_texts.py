"""The texts in Swift and C sources: literals, those inside of interpolations too."""
import re

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": " "}


def texts(source):
    """The literals of a source, with a NUL for each interpolation; those that `+`, or in C nothing, joins are one."""
    found, inner, end, at = [], [], 0, 0
    while at < len(source):
        if source.startswith("//", at):
            at = source.find("\n", at)
            if at < 0:
                break
        elif source.startswith("/*", at):
            at = source.index("*/", at) + 2
        elif source[at] == "'" and source.startswith('"\'', at + 1):
            at += 3  # The character '"' of C.
        elif source[at] == '"':
            text, after = literal(source, at, inner)
            if found and re.fullmatch(r"\s*\+?\s*", source[end:at]) and after > end:
                found[-1] += text
            else:
                found.append(text)
            at = end = after
        else:
            at += 1
    return found + inner


def literal(source, at, inner):
    """The text of the literal at a quotation mark, and where it ends; appends literals of its interpolations."""
    mark = '"""' if source.startswith('"""', at) else '"'
    at += len(mark)
    text = []
    while at < len(source) and not source.startswith(mark, at):
        if source[at] != "\\":
            text.append(source[at])
            at += 1
        elif source[at + 1] == "(":
            at = interpolation(source, at + 2, inner)
            text.append("\0")
        elif source[at + 1] == "u" and source[at + 2] == "{":
            close = source.index("}", at)
            text.append(chr(int(source[at + 3:close], 16)))
            at = close + 1
        elif source[at + 1] == "\n":
            at = re.compile(r"\s*").match(source, at + 1).end()
        else:
            text.append(ESCAPES.get(source[at + 1], source[at + 1]))
            at += 2
    return "".join(text), at + len(mark)


def interpolation(source, at, inner):
    """Where an interpolation ends; appends the literals inside."""
    depth = 1
    while depth > 0:
        if source[at] == '"':
            text, at = literal(source, at, inner)
            inner.append(text)
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
    return at


def has(found, message):
    """True if each part of a message between two `…` is in one of a file's texts."""
    parts = [part.strip() for part in message.split("…")]
    return all(any(part in text for text in found) for part in parts)
