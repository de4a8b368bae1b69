"""One object of a cluster, and what can be done with it as the manager `cube-airgap`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cube_install.kubernetes.api import Call
from cube_install.kubernetes.applied import Applied, change_between
from cube_install.kubernetes.foretelling import foretold
from cube_install.kubernetes.ownership import is_shared, migrated_fields
from cube_install.kubernetes.patience import PassingFault
from cube_install.kubernetes.refusals import (
    AlreadyExistsError,
    ConflictError,
    FieldConflict,
    NotFoundError,
    NotServedError,
    OutdatedError,
)

if TYPE_CHECKING:
    from cube_install.kubernetes.api import Api
    from cube_install.kubernetes.discovery import ApiKind, Discovery
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.kubernetes.status import Reply

MANAGER = "cube-airgap"
STRICTLY = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
_FORCED = {**STRICTLY, "force": "true"}
_DRY = {"dryRun": "All"}


@dataclass(frozen=True)
class Target:
    """The object `key` of a `kind`, at an API."""

    api: Api
    kind: ApiKind
    key: ObjectKey

    @property
    def path(self) -> str:
        """Where it is."""
        return self.kind.path(self.key.namespace, self.key.name)

    def read(self) -> dict[str, Any] | None:
        """The object; None if there is none. Raises AirgapError."""
        try:
            return self.api.body(Call("GET", self.path, f"read {self.key}"))
        except (NotFoundError, NotServedError):
            return None

    def apply(self, body: dict[str, Any], discovery: Discovery) -> Applied:
        """Make it be as `body` says. Raises AirgapError."""
        before = self.api.retries.run(self.read if is_shared(body) else self._taken_over)
        call = self._call(body, _FORCED)
        return self.api.retries.run(lambda: self._applied(call, before, discovery))

    def dry_apply(self, body: dict[str, Any]) -> Applied:
        """What apply() would make of it. Raises AirgapError."""
        return self.api.retries.run(lambda: self._dry_applied(body))

    def conflicts(self, body: dict[str, Any]) -> tuple[FieldConflict, ...]:
        """What apply() would take from other managers. Raises AirgapError."""
        try:
            self.api.ask(replace(self._call(body, STRICTLY | _DRY), is_overtaken=False))
        except ConflictError as error:
            return error.conflicts
        return ()

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make it. Raises AlreadyExistsError, AirgapError."""
        path = self.kind.path(self.key.namespace)
        call = Call("POST", path, f"create {self.key}", STRICTLY, as_json(body))
        is_lost = False

        def tried() -> Reply:
            nonlocal is_lost
            try:
                return self.api.tried(call)
            except PassingFault as fault:
                is_lost = is_lost or fault.is_lost
                raise

        try:
            return self.api.read(self.api.retries.run(tried))
        except AlreadyExistsError:
            # The answer to a try before may have been lost on the way.
            if is_lost and (made := self.read()):
                return made
            raise

    def replace(self, body: dict[str, Any]) -> dict[str, Any]:
        """Put `body` in its place. Raises OutdatedError, NotFoundError, AirgapError."""
        call = Call("PUT", self.path, f"replace {self.key}", STRICTLY, as_json(body))
        return self.api.body(call)

    def patch(self, patch: dict[str, Any], subresource: str) -> dict[str, Any]:
        """Merge `patch` into it, or into its `subresource`. Raises AirgapError."""
        path = f"{self.path}/{subresource}" if subresource else self.path
        merge = "application/merge-patch+json"
        call = Call("PATCH", path, f"change {self.key}", STRICTLY, as_json(patch), merge)
        return self.api.body(call)

    def delete(self, propagation: str, uid: str) -> bool:
        """Delete it, if it has that `uid`; False if it was not there. Raises AirgapError."""
        options: dict[str, Any] = {"propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            self.api.ask(Call("DELETE", self.path, f"delete {self.key}", {}, as_json(options)))
        except (NotFoundError, NotServedError):
            return False
        except OutdatedError:
            if uid:
                return False
            raise
        return True

    def _dry_applied(self, body: dict[str, Any]) -> Applied:
        before = self.read()
        would = foretold(before, body, MANAGER) if before else None
        call = self._call(body, _FORCED | _DRY)
        if would is not None:
            call = Call("PUT", self.path, call.what, STRICTLY | _DRY, as_json(would))
        try:
            reply = self.api.tried(call)
        except OutdatedError as error:
            patience = self.api.retries.patience.outdated
            raise PassingFault(error, patience=patience) from error
        after = self.api.read(reply)
        return Applied(after, change_between(before, after), reply.warnings)

    def _applied(self, call: Call, before: dict[str, Any] | None, discovery: Discovery) -> Applied:
        try:
            reply = self.api.tried(call)
        except NotServedError as error:
            # Discovery is a little ahead of the path itself.
            if discovery.is_expected(self.kind.group, self.kind.kind):
                patience = self.api.retries.patience.served
                raise PassingFault(error, patience=patience) from error
            raise
        after = self.api.read(reply)
        return Applied(after, change_between(before, after), reply.warnings)

    def _taken_over(self) -> dict[str, Any] | None:
        """The object, after what kubectl owns of it was made ours; None if there is none."""
        live = self.read()
        fields = migrated_fields(live, MANAGER) if live else None
        if live is None or fields is None:
            return live
        try:
            return self._with_managers(live, fields)
        except NotFoundError:
            return None
        except OutdatedError as error:
            patience = self.api.retries.patience.outdated
            raise PassingFault(error, patience=patience) from error

    def _with_managers(self, live: dict[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
        version = live["metadata"]["resourceVersion"]
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ]
        what = f"take over {self.key} from kubectl"
        query = {"fieldManager": MANAGER}
        json_patch = "application/json-patch+json"
        return self.api.body(Call("PATCH", self.path, what, query, as_json(patch), json_patch))

    def _call(self, body: dict[str, Any], query: dict[str, str]) -> Call:
        return Call(
            "PATCH",
            self.path,
            f"apply {self.key}",
            query,
            as_json(body),  # JSON is YAML, too
            "application/apply-patch+yaml",
            is_overtaken=True,
        )


def as_json(value: object) -> bytes:
    """The body of a request."""
    return json.dumps(value).encode()
