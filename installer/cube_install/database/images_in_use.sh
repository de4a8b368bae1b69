# Prints every image that a row of the platform's database names: TABLE.COLUMN, a tab, the value.
# The last line counts the others, since a log may be cut.
set -euo pipefail
export MYSQL_PWD=${MYSQL_ROOT_PASSWORD:?}
database=${CUBE_DATABASE:-kubeflow}

query() {
  mysql --host="${CUBE_DATABASE_HOST:-mysql-service.infra}" --port="${CUBE_DATABASE_PORT:-3306}" \
    --user=root --batch --skip-column-names --default-character-set=utf8mb4 --execute "$1"
}

# Releases of the platform differ in what they have.
columns=$(query "
  SELECT table_name, column_name FROM information_schema.columns
  WHERE table_schema = '$database' AND (table_name, column_name) IN (
    ('images', 'name'),
    ('notebook', 'images'),
    ('docker', 'base_image'), ('docker', 'target_image'), ('docker', 'last_image'),
    ('nni', 'job_worker_image'),
    ('service', 'images'),
    ('inferenceservice', 'images'),
    ('service_pipeline', 'images'),
    ('job_template', 'args'),
    ('task', 'args')
  ) ORDER BY table_name, column_name")

found=$(while read -r table column; do
  [ -n "$table" ] || continue
  query "SELECT DISTINCT $column FROM $database.$table WHERE $column <> ''" |
    if [ "$column" = args ]; then
      # Arguments are JSON: what one that is named for an image has, or in a template by default.
      { grep -oE '"(--)?images?" *: *("[^"]+"|\{[^{}]*"default" *: *"[^"]+")' || true; } |
        sed -E 's/.*: *"([^"]*)"$/\1/'
    else
      cat
    fi | sed "s/^/$table.$column\t/" || exit 1  # -e does not hold in here
done <<<"$columns" | sort -u)

[ -z "$found" ] || printf '%s\n' "$found"
printf 'lines\t%s\n' "$(grep -c . <<<"$found" || true)"
