"""The double's /api/v2.0: which call is which, and what all of them have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from tests.support.harbor.answers import (
    READ_ONLY,
    Answer,
    forbidden,
    invalid,
    json_answer,
    not_found,
    refuse,
    unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.harbor.request import Request
    from tests.support.harbor.state import Account, Project, State

PREFIX = "/api/v2.0"
_READING = {"GET", "HEAD"}
_LARGEST_PAGE = 100


@dataclass
class Call:
    """One call: who asks for what, and the values in its path."""

    state: State
    request: Request
    account: Account
    values: dict[str, str]

    def known(self) -> Account:
        """Raises Refused for nobody."""
        if not self.account.is_known:
            raise unauthorized()
        return self.account

    def admin(self) -> Account:
        """Raises Refused; the name is all that Harbor tells."""
        account = self.known()
        if not account.is_admin:
            raise forbidden(account.name)
        return account

    def project(self, resource: str, action: str) -> Project:
        """The project in the path, if the account may do that with it. Raises Refused.

        A name of digits is taken for a number, unless the request says that it is a name.
        """
        name = self.values["project"]
        is_name = self.request.headers.get("X-Is-Resource-Name") == "true"
        project = self.state.projects.get(name)
        if name.isdigit() and not is_name:
            project = self.state.by_number(int(name))
        if project is None:
            self.known()
            raise not_found(f"project {name} not found")
        if not self.state.may(self.account, project, resource, action):
            self.known()
            raise forbidden()
        return project

    def body(self, what: str) -> Any:  # noqa: ANN401 - JSON
        return self.request.json(what)

    def made(self, name: object) -> Answer:
        """Where it is, below the path that was asked."""
        return Answer(201, {"Location": f"{self.request.path.rstrip('/')}/{name}"})

    def page(self, items: Sequence[Any]) -> Answer:
        """The part of a list that is asked for. Raises Refused."""
        size, number = int(self.request.one("page_size", "10")), int(self.request.one("page", "1"))
        if size > _LARGEST_PAGE:
            raise invalid("page_size in query should be less than or equal to 100")
        headers = {"X-Total-Count": str(len(items))}
        if number * size < len(items):
            query = {name: values[0] for name, values in self.request.query.items()}
            query |= {"page": str(number + 1), "page_size": str(size)}
            where = f"{self.request.target.partition('?')[0]}?{urlencode(sorted(query.items()))}"
            headers["Link"] = f'<{where}>; rel="next"'
        return json_answer(list(items[(number - 1) * size : number * size]), headers=headers)


_ROUTES: list[tuple[str, re.Pattern[str], Callable[[Call], Answer]]] = []


def route(question: str) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    """Registers what serves `METHOD /path/{value}`; a value has no slash."""
    method, _, template = question.partition(" ")
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))

    def register(serve: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        _ROUTES.append((method, pattern, serve))
        return serve

    return register


def serve_api(state: State, request: Request) -> Answer | None:
    """None for what this Harbor does not know. Raises Refused."""
    path = request.path.removeprefix(PREFIX)
    login = request.basic()
    account = state.account(*login) if login else state.account("", "")
    for method, pattern, serve in _ROUTES:
        match = pattern.fullmatch(path)
        if match and method == request.method:
            ends_read_only = path == "/configurations"
            if state.settings["read_only"] and method not in _READING and not ends_read_only:
                raise refuse(403, "DENIED", READ_ONLY)
            # Decoded once more, since repositories are encoded twice.
            values = {name: unquote(text) for name, text in match.groupdict().items()}
            return serve(Call(state, request, account, values))
    return None


def path_not_found(request: Request) -> Answer:
    return not_found(f"path {request.path} was not found").answer
