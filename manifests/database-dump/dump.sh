#!/bin/bash
# Writes the platform's database to /dumps, and leaves the newest of them there.
set -euo pipefail

keep=5
umask 077
name=/dumps/$MYSQL_DATABASE-$(date -u +%Y%m%dT%H%M%SZ)-before-$BUNDLE.sql

if [ "$WANTED" != true ]; then
  echo "no dump is wanted: database.dump is false"
  exit 0
fi
client=(--host="$MYSQL_HOST" --user="$MYSQL_USER")
tables=$(mysql "${client[@]}" --batch --skip-column-names --execute \
  "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$MYSQL_DATABASE'")
if [ "$tables" = 0 ]; then
  echo "nothing to dump: the database has no tables yet"
  exit 0
fi
rm -f /dumps/*.part
mysqldump "${client[@]}" --single-transaction --routines --triggers --hex-blob --no-tablespaces \
  --databases "$MYSQL_DATABASE" >"$name.part"
sync "$name.part"
mv "$name.part" "$name"
echo "dumped $tables tables to $name"
# The names sort by time.
find /dumps -maxdepth 1 -name "$MYSQL_DATABASE-*.sql" | sort | head -n -$keep | xargs -r rm --
