/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists every result of an attempt to log in. Every process uses it. The numbers are also sent on
 * the wire (wire/PROTOCOL.md), so they never change meaning. A new one goes at the end of its
 * group. */
#ifndef IDQ_COMMON_ERROR_H
#define IDQ_COMMON_ERROR_H

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>

/* Functions of this project return 0 or one of these, negative. */
enum idq_error {
    IDQ_OK = 0,

    /* The person, or the bank on the person's behalf. */
    IDQ_REFUSED = -1,           /* refused or stopped at the bank */
    IDQ_EXPIRED = -2,           /* the code was not used in time */
    IDQ_BANK_FAILED = -3,       /* the bank reports a failure */
    IDQ_NO_SUBJECT = -4,        /* "success", but without a usable identity */
    IDQ_TRANSIENT = -5,         /* an identity that is valid for one visit only */
    IDQ_WRONG_PERSON = -6,      /* an identity that is enrolled for another account */
    IDQ_UNKNOWN_IDENTITY = -7,  /* an identity that is not enrolled */
    IDQ_NOT_ENROLLED = -8,      /* the account has no enrolled identity */
    IDQ_LOW_ASSURANCE = -9,     /* the bank's assurance is lower than the configuration requires */
    IDQ_NOT_YET_ENROLLED = -10, /* the same as IDQ_NOT_ENROLLED, during a rollout */
    IDQ_WRONG_NUMBER = -11,     /* the number that the phone shows was not typed */

    /* The QR backend, or the network to it. */
    IDQ_UNREACHABLE = -20, /* no address, no connection, no answer in time */
    IDQ_TLS = -21,         /* the verification of the certificate or the pin failed */
    /* the signature in x-idin-qr-hash, or of an ID token, is missing or invalid */
    IDQ_SIGNATURE = -22,
    IDQ_REPLY = -23,      /* an answer that the protocol does not allow */
    IDQ_OTHER_CODE = -24, /* an answer about another code, or another login */
    IDQ_PICTURE = -25,    /* the picture is not a PNG with one QR code */
    IDQ_HOST = -26,       /* the code, or its picture, leads to a host that is not allowed */
    IDQ_MERCHANT = -27,   /* the backend does not accept the merchant's credentials */
    IDQ_BUSY = -28,       /* the backend is rate-limiting requests */
    IDQ_CLOCK = -29,      /* this machine's clock is too wrong to use the backend */

    /* This machine. */
    IDQ_CONFIG = -40,     /* idinqr.conf or the module's arguments */
    IDQ_MAP = -41,        /* idinqr.map or idinqr.key */
    IDQ_AGENT = -42,      /* the agent could not start, died, or broke the protocol */
    IDQ_SYSTEM = -43,     /* the system refused memory, a descriptor, a file */
    IDQ_NO_DISPLAY = -44, /* this application cannot show a code */
    IDQ_CONV = -45,       /* the application's conversation failed; counts as left */
    IDQ_LOCKED = -46,     /* another administrator is changing the map */
    IDQ_NOT_LOCAL = -47,  /* the configuration requires a person at this machine */
    IDQ_TRIES = -48,      /* too many codes were requested without success */
    IDQ_NO_PROMPT = -49,  /* this application cannot ask for the number on the phone */

    /* The login ended early. */
    IDQ_CANCELLED = -60, /* Ctrl-C, or a signal told the application to exit */
    IDQ_HANGUP = -61,    /* the terminal is gone */
    IDQ_TIMEOUT = -62,   /* the person's or the application's time is over */
};

/* The cause of a login's end. */
enum error_class {
    ERROR_PERSON,  /* the person, or the bank on the person's behalf; IDQ_OK too */
    ERROR_BACKEND, /* the QR backend, or the network to it */
    ERROR_MACHINE, /* this machine */
    ERROR_LEFT,    /* the person or the application left, or the time is over */
};

/* Returns ERROR_MACHINE for a number that is not in the list. */
enum error_class error_class(enum idq_error error);

/* Returns the error's name in logs and in --json output: lower case, with hyphens ("wrong-person").
 * Never NULL: an unknown number is "unknown". A static string. */
const char *error_word(enum idq_error error);

/* Returns a description of a few English words, for an administrator. Static, never NULL. */
const char *error_text(enum idq_error error);

/* Returns whether a number from outside is in the list, which includes IDQ_OK. */
bool error_is_known(int number);

/* Describes an error in a file or a setting for the administrator. Used in the application and in
 * idinqr(1). The texts may contain input from files and users. */

#define DIAG_LINE_SIZE 512

struct diag {
    char file[PATH_MAX];       /* "" if the error has no file */
    unsigned line;             /* from 1; 0 for the whole file */
    int error;                 /* an errno value, as ENOENT; 0 for none */
    const char *cure;          /* the command that mends it, as "chmod go-w"; the file follows */
    char text[DIAG_LINE_SIZE]; /* one loggable line without the file; "" for no error */
};

/* These functions set every field, and no cure. A byte that is not printable ASCII becomes '?'.
 * diag_set is for errors without a file. */
void diag_set(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

void diag_set_file(struct diag *diag, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Takes the text from strerror(3). */
void diag_set_error(struct diag *diag, const char *file, int error);

void diag_vset(struct diag *diag, const char *file, unsigned line, int error, const char *format,
               va_list arguments) __attribute__((format(printf, 5, 0)));

/* Writes "FILE:LINE: text", "FILE: text" or "text", and the cure, truncated to the size; "" for no
 * error. Returns ret_line. */
const char *diag_format(const struct diag *diag, char ret_line[DIAG_LINE_SIZE]);

#endif
