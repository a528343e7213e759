# SPDX-License-Identifier: BSD-3-Clause
# Where does this system's PAM look for a module that is named without a path? libpam has the answer
# compiled in, and says it nowhere; but it keeps its own modules there.
AC_DEFUN([IDQ_PAM_MODULE_DIR], [
AC_ARG_WITH([pammoddir],
    [AS_HELP_STRING([--with-pammoddir=DIR], [where PAM looks for modules @<:@found by pam_permit.so@:>@])],
    [pammoddir=$withval pammoddir_why="as told"], [pammoddir= pammoddir_why=])
AS_IF([test -z "$pammoddir"], [
    AC_MSG_CHECKING([where PAM looks for modules])
    multiarch=$($CC -print-multiarch 2>/dev/null)
    for dir in ${multiarch:+"/lib/$multiarch/security" "/usr/lib/$multiarch/security"} \
        /lib64/security /usr/lib64/security /lib/security /usr/lib/security; do
        AS_IF([test -e "$dir/pam_permit.so"], [pammoddir=$dir pammoddir_why="pam_permit.so is there"; break])
    done
    AS_IF([test -z "$pammoddir"], [
        pammoddir='${libdir}/security' pammoddir_why="a guess: no pam_permit.so was found"
        # As when cross compiling for Debian, where the libraries that are linked are the other
        # machine's, and no module is installed. Not where --libdir was given.
        AS_IF([test "$libdir" = '${exec_prefix}/lib' && test -n "$multiarch" && test -d "/usr/lib/$multiarch"],
            [pammoddir=/usr/lib/$multiarch/security])])
    AC_MSG_RESULT([$pammoddir])
])
AC_SUBST([pammoddir])
])
