# SPDX-License-Identifier: BSD-3-Clause
# Compiler and linker flags, each with the reason it is here.

# IDQ_TRY_CFLAG(FLAG, VARIABLE): adds FLAG to VARIABLE where the compiler knows it.
AC_DEFUN([IDQ_TRY_CFLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
idq_saved=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes]); $2="$$2 $1"], [AC_MSG_RESULT([no])])
CFLAGS=$idq_saved
])

AC_DEFUN([IDQ_WERROR], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])], [], [enable_werror=no])
WARN_CFLAGS=
for_each_warning="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wimplicit-fallthrough -Wnull-dereference -Wno-missing-field-initializers"
for flag in $for_each_warning; do
    IDQ_TRY_CFLAG([$flag], [WARN_CFLAGS])
done
AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])

AC_DEFUN([IDQ_HARDENING], [
AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [leave out the flags that make attacks harder])],
    [], [enable_hardening=yes])
HARDEN_CFLAGS= HARDEN_LDFLAGS=
AS_IF([test "$enable_hardening" = yes], [
    # A return address that was written over is noticed before it is used.
    IDQ_TRY_CFLAG([-fstack-protector-strong], [HARDEN_CFLAGS])
    # A large local cannot jump over the guard page.
    IDQ_TRY_CFLAG([-fstack-clash-protection], [HARDEN_CFLAGS])
    # Indirect calls land only where calls may land (x86).
    IDQ_TRY_CFLAG([-fcf-protection], [HARDEN_CFLAGS])
    # A local that was forgotten holds a number that is no success (0 is), and not last week's secret.
    IDQ_TRY_CFLAG([-ftrivial-auto-var-init=pattern], [HARDEN_CFLAGS])
    # libc's copying functions check the sizes that the compiler knows. Needs optimisation.
    AS_CASE([" $CFLAGS "], [*" -O0 "*], [], [HARDEN_CFLAGS="$HARDEN_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
    # The table of functions is read-only once the program has started.
    IDQ_TRY_CFLAG([-Wl,-z,relro], [HARDEN_LDFLAGS])
    IDQ_TRY_CFLAG([-Wl,-z,now], [HARDEN_LDFLAGS])
    # No page is both writable and executable.
    IDQ_TRY_CFLAG([-Wl,-z,noexecstack], [HARDEN_LDFLAGS])
])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])

AC_DEFUN([IDQ_SANITIZER], [
AC_ARG_ENABLE([sanitizer], [AS_HELP_STRING([--enable-sanitizer], [build with AddressSanitizer and UBSan])], [], [enable_sanitizer=no])
AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [instrument for libFuzzer (clang), with the sanitizers])], [], [enable_fuzzing=no])
AS_IF([test "$enable_fuzzing" = yes], [
    enable_sanitizer=yes
    CFLAGS="$CFLAGS -fsanitize=fuzzer-no-link"
    AC_MSG_CHECKING([whether $CC has libFuzzer])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
        [AC_MSG_ERROR([--enable-fuzzing needs clang: ./configure CC=clang --enable-fuzzing])])
])
AS_IF([test "$enable_sanitizer" = yes], [
    # The sanitizers bring their own checks of copies, and report more with frames kept.
    sanitizer_flags="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
    CFLAGS="$CFLAGS $sanitizer_flags"
    CXXFLAGS="$CXXFLAGS $sanitizer_flags"
    HARDEN_CFLAGS= HARDEN_LDFLAGS=
    SANITIZER_CPPFLAGS=-DSANITIZER
])
# For the tests: a module with a sanitizer in it does not load into the real sudo. For the agent's jail, in
# which a sanitizer cannot work.
AC_SUBST([SANITIZER_CPPFLAGS])
AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])
# Automake takes no flag in the place of a library.
AC_SUBST([LIBFUZZER], [-fsanitize=fuzzer])
])
