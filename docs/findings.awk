# SPDX-License-Identifier: GPL-2.0-or-later
#
# The list of findings for kexec-any-findings(7): each row of include/kexec-any/findings.def below its id, with the
# comment above it as the text. Stands in the manual's source where a line says @FINDINGS@.
#
# awk -f docs/findings.awk include/kexec-any/findings.def docs/kexec-any-findings.7.scd

# "ERROR | FINAL)" -> " (final)". An error, which most are, is not named where it is the only one.
function mark(how,    words) {
	sub(/\).*/, "", how)
	if (how ~ /WARNING|INFO/) {
		words = how
		sub(/ \| FINAL/, "", words)
		gsub(/ \| /, " or ", words)
	}
	if (how ~ /FINAL/)
		words = words (words ? ", " : "") "final"
	return words ? " (" tolower(words) ")" : ""
}

FNR == NR && /^\/\*/ { text = "" }
FNR == NR && /^(\/\*| \*) / {
	sub(/^(\/\*| \*) /, "")
	sub(/ \*\/$/, "")
	if ($0 != "/")
		text = text "\t" $0 "\n"
}
FNR == NR && /^KA_FINDING\(/ {
	split($0, part, /, /)
	gsub(/"/, "", part[2])
	list = list "*" part[2] "*" mark(part[3]) "\n" text
}
FNR == NR { next }
/^@FINDINGS@$/ { printf "%s", list; next }
{ print }
