"""Makes the first account, and takes a default password from it where an older install left one."""

import os

from myapp import app, security_manager
from myapp.project import hashed, is_password

# What installs of the platform began with.
DEFAULT_PASSWORD = "admin"


def ensure_account(name, password):
    """An account of an administrator with that name; a password that was chosen stays."""
    user = security_manager.find_user(username=name)
    if user is None:
        role = security_manager.find_role(security_manager.auth_role_admin)
        email = f"{name}@cube-studio.local"
        security_manager.add_user(name, name, "", email, role, hashed_password=hashed(password))
    elif is_password(user.password, DEFAULT_PASSWORD):
        user.password = hashed(password)
        security_manager.update_user(user)


with app.app_context():
    ensure_account(os.environ["ADMIN_NAME"], os.environ["ADMIN_PASSWORD"])
