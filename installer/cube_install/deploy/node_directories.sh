# look|make ROOT PATH...: tells of each directory below ROOT, where the node's file system is.
# A line each, with tabs: there PATH TYPE SOURCE FREE-KIB rw|ro, absent PATH, or failed PATH WHY.
action=$1
root=$2
shift 2

# Whether the file system at a mount point can be written to, however our own mount of it is.
writing() {
    options=
    while read -r _ _ _ _ at rest; do
        [ "$at" = "$1" ] && options=${rest##* }
    done </proc/self/mountinfo
    case ",$options," in
    *,ro,*) echo ro ;;
    *) echo rw ;;
    esac
}

for path; do
    if [ "$action" = make ] && ! why=$(mkdir -p "$root$path" 2>&1); then
        printf 'failed\t%s\t%s\n' "$path" "$why"
    elif [ ! -d "$root$path" ]; then
        printf 'absent\t%s\n' "$path"
    else
        df -PkT "$root$path" | while read -r source type _ _ free _ at; do
            [ "$type" = Type ] ||
                printf 'there\t%s\t%s\t%s\t%s\t%s\n' "$path" "$type" "$source" "$free" "$(writing "$at")"
        done
    fi
done
