#!/bin/sh
# embed.sh ROOM DIR FILE... - writes the assembler text that carries files inside the program.
#
# A file DIR/log.sql becomes jem_asset_log_sql_start .. _end (a NUL follows, which _end does not count), and a
# line of the table jem_assets_ROOM (struct jem_asset of jemput/asset.h, ended by an empty line). A file outside
# DIR (built, such as regions.bin) goes by its base name.
set -eu
room=$1 dir=$2
shift 2
names=
echo '	.section .rodata'
for f in "$@"; do
    case $f in
    "$dir"/*) path=${f#"$dir"/} ;;
    *) path=${f##*/} ;;
    esac
    sym=jem_asset_$(printf %s "$path" | tr -c 'A-Za-z0-9' _)
    names="$names $sym"
    cat <<END
	.balign 16
	.globl ${sym}_start
	.globl ${sym}_end
	.hidden ${sym}_start
	.hidden ${sym}_end
${sym}_start:
	.incbin "$f"
${sym}_end:
	.byte 0
${sym}_path:
	.asciz "$path"
END
done
cat <<END
	.section .data.rel.ro,"aw"
	.balign 8
	.globl jem_assets_$room
	.hidden jem_assets_$room
jem_assets_$room:
END
for sym in $names; do
    echo "	.quad ${sym}_path, ${sym}_start, ${sym}_end"
done
echo '	.quad 0, 0, 0'
echo '	.section .note.GNU-stack,"",@progbits'
