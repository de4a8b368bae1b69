#!/bin/bash
# Brings the shared directories, the tables and the seed data up to date, then serves.
set -euo pipefail

export FLASK_APP=myapp:app
home=/home/myapp/myapp
shared=/data/k8s/kubeflow

# The pages offer these directories below /static.
mkdir -p "$shared/pipeline/workspace" "$shared/pipeline/archives" "$shared/dataset" "$shared/global"
ln -sfn "$shared/pipeline/workspace" "$home/static/mnt"
ln -sfn "$shared/dataset" "$home/static/dataset"
ln -sfn "$shared/global" "$home/static/global"
ln -sfn /cube-studio/aihub "$home/static/aihub"

# What came with the image names registries and servers outside; the bundle's own does not.
python /relocate.py /places/places.json "$home"/init/*.json "$home"/init/*.csv
cp -Lv /init-data/* "$home/init/"

# These scripts have no settings at hand: they take the database's address from here.
MYSQL_SERVICE="$(python -c '
import os
from urllib.parse import quote_plus as quoted
of = os.environ
print("mysql+pymysql://%s:%s@%s:%s/%s?charset=utf8" % (
    quoted(of["MYSQL_USER"]), quoted(of["MYSQL_PASSWORD"]),
    of["MYSQL_HOST"], of["MYSQL_PORT"], of["MYSQL_DATABASE"]))')"
export MYSQL_SERVICE
python myapp/create_db.py
myapp db upgrade

python /first_account.py
myapp init
python myapp/check_tables.py

exec gunicorn --bind 0.0.0.0:80 --workers 20 --worker-class gevent --timeout 300 \
    --limit-request-line 0 --limit-request-field_size 0 --log-level info \
    --access-logfile - --error-logfile - --capture-output myapp:app
