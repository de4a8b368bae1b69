"""How users log in, and whom messages go to: what the platform leaves to a site."""

import re
import secrets
import shutil
from pathlib import Path

from flask import current_app, flash, g, redirect, request, session
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView, AuthRemoteUserView, expose
from flask_login import login_user, logout_user
from werkzeug.security import check_password_hash, generate_password_hash

WORKSPACES = Path("/data/k8s/kubeflow/pipeline/workspace")
EXAMPLES = Path("/home/myapp/myapp/example/pipeline")
_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
# The platform tells by this beginning that a password is hashed, and hashes others once more.
_HASH = "pbkdf2:sha256"


def push_message(receivers, message, link=None):
    """Messages to users go nowhere: the platform has no mail or chat of its own."""


def push_admin(message):
    """Messages to administrators go nowhere either."""


def push_resource_apply(**what):
    """Nobody is told of a request for resources."""


def push_resource_approve(**what):
    """Nobody is told of an answer to one."""


class MyCustomRemoteUserView(AuthRemoteUserView):
    """Logging in by a proxy in front of the platform: as the framework does it."""


class Myauthdbview(AuthDBView):
    """Logging in with a name, or an address of mail, and a password."""

    login_template = "appbuilder/general/security/login_db.html"

    @expose("/login/", methods=["GET", "POST"])
    def login(self):
        """The form, and what was filled in."""
        if g.user is not None and g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_index)
        form = LoginForm_db()
        if not form.validate_on_submit():
            return self.render_template(
                self.login_template, title=self.title, form=form, appbuilder=self.appbuilder
            )
        user = self._user(form.username.data, form.password.data)
        if user is None:
            flash(
                "用户名或密码不对，或账号未激活 (wrong name or password, or not active)", "warning"
            )
            return redirect(self.appbuilder.get_url_for_login)
        self._let_in(user)
        return redirect(_own_address(request.args.get("login_url", "")) or "/frontend/")

    @expose("/logout")
    def logout(self):
        """Back to the form."""
        session.clear()
        logout_user()
        return redirect("/login/")

    def _user(self, name, password):
        """Whose name and password these are, or None."""
        manager = self.appbuilder.sm
        user = manager.find_user(username=name) or manager.find_user(email=name)
        if user is None:
            return self._registered(name, password)
        fits = user.is_active and is_password(user.password, password)
        manager.update_user_auth_stat(user, fits)
        if not fits:
            return None
        if not user.password.startswith(_HASH):
            user.password = hashed(password)
            manager.update_user(user)
        return user

    def _registered(self, name, password):
        if not current_app.config.get("LOGIN_REGISTERS") or not _NAME.fullmatch(name):
            return None
        return self.appbuilder.sm.auth_user_remote_org_user(
            username=name, password=hashed(password)
        )

    def _let_in(self, user):
        # Both come with the application, which loads this module.
        from myapp import event_logger
        from myapp.security import MyUserRemoteUserModelView_Base

        login_user(user, remember=True)
        event_logger.log(user_id=user.id, action="login", duration_ms=10)
        # Everybody is in the public project.
        MyUserRemoteUserModelView_Base().post_add(user)
        examples = WORKSPACES / user.username / "pipeline" / "example"
        if EXAMPLES.is_dir() and not examples.parent.exists():
            shutil.copytree(EXAMPLES, examples)


def hashed(password):
    """`password` as it is stored."""
    return generate_password_hash(password, method=_HASH)


def is_password(stored, password):
    """Whether `stored` is of `password`. Older installs stored some as they were typed."""
    if stored.startswith(("pbkdf2:", "scrypt:")):
        return check_password_hash(stored, password)
    return secrets.compare_digest(stored.encode(), password.encode())


def _own_address(address):
    """`address` where it is a path of this site: nobody is sent elsewhere after logging in."""
    return address if re.match(r"/(?![/\\])", address) else ""
