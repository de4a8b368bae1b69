"""Images that shell commands pull or run, with plain variables and loops followed."""

from __future__ import annotations

import re
import shlex
from itertools import product
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.urls import urls_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_scan.vocabulary import Vocabulary

_ENGINES = {"docker", "podman", "nerdctl", "crictl", "ctr", "skopeo", "buildah", "kubectl", "img"}
_BEFORE = {"sudo", "time", "nohup", "exec", "then", "do", "else", "&", "{", "(", "!", "run"}
_TAKES_IMAGE = {"pull": 0, "run": 1, "create": 1, "save": 0, "copy": 1, "tag": 1}
_VALUED = {
    "-v", "--volume", "-p", "--publish", "-e", "--env", "--name", "--network", "--net", "-w", "-u",
    "--workdir", "--user", "--entrypoint", "-m", "--memory", "--cpus", "--gpus", "--shm-size",
    "-h", "--hostname", "--add-host", "--label", "-l", "--platform", "-n", "--namespace", "-o",
    "--output", "--restart", "--mount", "--device", "--env-file", "--ulimit", "--cap-add", "-c",
    "--ipc", "--security-opt", "--log-opt", "--log-driver", "--dns", "--pid", "--runtime", "-f",
    "--address",
}  # fmt: skip
_SEPARATOR = re.compile(r"&&|\|\||[;|&\n]")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_ASSIGNMENT = re.compile(
    r"\s*(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?(\w+)=(.*)$"
)
_LOOP = re.compile(r"\s*for\s+(\w+)\s+in\s+(.*?)(?:;|$)")
_USE = re.compile(r"\$(?:\{(\w+)(?::?[-=]([^}]*))?\}|(\w+))")
_MOST_VALUES = 64


def images_in_script(text: str, vocabulary: Vocabulary) -> Iterator[Sighting]:
    """What the commands and variables of a shell script name."""
    for number, line in script_lines(text):
        yield from _in_line(line, number, vocabulary)


def script_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a script, without comments, once for each set of values of its variables."""
    variables: dict[str, list[str]] = {}
    for number, line in _logical_lines(text):
        code = _COMMENT.sub("", line).strip()
        if code:
            _remember(code, variables)
            for expanded in _expanded(code, variables):
                yield number, expanded


def commands_in(line: str) -> Iterator[list[str]]:
    """The words of each simple command of a line; quotes are taken off."""
    for part in _SEPARATOR.split(line):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            words = part.replace('"', " ").replace("'", " ").split()
        while words and (words[0] in _BEFORE or re.fullmatch(r"\w+=\S*", words[0])):
            words = words[1:]
        if words:
            yield words


def images_of(words: list[str], line: int, vocabulary: Vocabulary) -> Iterator[Sighting]:
    """The images that one command names, by what the command does with them and by its flags."""
    engine = words[0].rpartition("/")[2]
    if engine in _ENGINES and engine != "kubectl":
        for text in _pulled(words[1:]):
            yield _sighting(text.removeprefix("docker://"), line)
    for number, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if not flag.startswith("-") or not vocabulary.is_image_flag(flag):
            continue
        if equals:
            yield _sighting(value, line)
        elif number + 1 < len(words) and not words[number + 1].startswith("-"):
            yield _sighting(words[number + 1], line)


def _sighting(text: str, line: int) -> Sighting:
    if text.startswith("$") or "$" in text:
        note = "a variable whose value is not in this file"
        return Sighting(text, line, "", Way.SHELL, Claim.PARTIAL, note=note)
    return Sighting(text, line, "", Way.SHELL, Claim.IMAGE)


def _pulled(words: list[str]) -> Iterator[str]:
    """The image arguments of `pull`, `run` and the like; what is pushed or built is no use."""
    while words and words[0] not in _TAKES_IMAGE and _is_before_verb(words[0]):
        words = words[1:]
    if not words or words[0] not in _TAKES_IMAGE:
        return
    most = _TAKES_IMAGE[words[0]] or len(words)
    skip = False
    for word in words[1:]:
        if skip or word.startswith("-"):
            skip = not skip and word in _VALUED
            continue
        if word.startswith((">", "<", "2>")) or word in {"\\", ">", "|"}:
            return
        yield word
        most -= 1
        if not most:
            return


def _is_before_verb(word: str) -> bool:
    """`image` of `docker image pull`, an option, or the namespace that an option takes."""
    return word in {"image", "images", "container", "i"} or word.startswith("-") or ".io" in word


def _in_line(code: str, number: int, vocabulary: Vocabulary) -> Iterator[Sighting]:
    assignment = _ASSIGNMENT.match(code)
    if assignment and vocabulary.names_image(assignment[1]):
        for value in _values(assignment[2]):
            claim = Claim.PARTIAL if "$" in value else Claim.IMAGE
            note = "a variable whose value is not in this file" if "$" in value else ""
            yield Sighting(value, number, assignment[1], Way.SHELL, claim, note=note)
    for words in commands_in(code):
        yield from images_of(words, number, vocabulary)
    yield from urls_in(code, number, "", way=Way.SHELL)


def _values(text: str) -> list[str]:
    """The values of an assignment: one word, or the words of an array."""
    text = text.strip()
    if text.startswith("(") or not text.startswith(("$(", "`")):
        try:
            words = shlex.split(text.strip("()"), comments=True)
        except ValueError:
            return []
        return words if text.startswith("(") else words[:1]
    return []


def _remember(code: str, variables: dict[str, list[str]]) -> None:
    loop = _LOOP.match(code)
    if loop:
        values = [value for word in loop[2].split() for value in _expanded(word, variables)]
        variables[loop[1]] = [value.strip("\"'") for value in values][:_MOST_VALUES]
        return
    assignment = _ASSIGNMENT.match(code)
    if assignment:
        values = _values(_SEPARATOR.split(assignment[2])[0])
        expanded = [text for value in values for text in _expanded(value, variables)]
        variables[assignment[1]] = expanded[:_MOST_VALUES]


def _expanded(code: str, variables: dict[str, list[str]]) -> list[str]:
    """The line once for each set of values that its known variables can have."""
    names = {match[1] or match[3]: match[2] for match in _USE.finditer(code)}
    choices = []
    for name, default in names.items():
        values = variables.get(name) or ([default] if default else [])
        if values:
            choices.append([(name, value) for value in values])
    texts = []
    for chosen in product(*choices):
        values_of = dict(chosen)
        texts.append(
            _USE.sub(lambda match: values_of.get(match[1] or match[3], match[0]), code)  # noqa: B023
        )
        if len(texts) >= _MOST_VALUES:
            break
    return texts


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those joined that end in a backslash; the number is that of the last one."""
    begun = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        yield number, begun + line
        begun = ""
    if begun:
        yield text.count("\n") + 1, begun
