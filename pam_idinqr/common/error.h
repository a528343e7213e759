/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way an attempt to log in can end, as one list.
 * Used in all processes; the numbers also travel on the wire (wire/PROTOCOL.md), so they never
 * change meaning: new ones go at the end of their group, into the gap left there. */
#ifndef IDQ_COMMON_ERROR_H
#define IDQ_COMMON_ERROR_H

/* Functions of this project return 0 or one of these, negative. */
enum idq_error {
    IDQ_OK = 0,

    /* The person, or the bank on the person's behalf. */
    IDQ_REFUSED = -1,          /* refused or stopped at the bank */
    IDQ_EXPIRED = -2,          /* the code was not used in time */
    IDQ_BANK_FAILED = -3,      /* the bank reports a failure */
    IDQ_NO_SUBJECT = -4,       /* "success", but without a usable identity */
    IDQ_TRANSIENT = -5,        /* an identity that is good for one visit only */
    IDQ_WRONG_PERSON = -6,     /* an enrolled identity, of another account */
    IDQ_UNKNOWN_IDENTITY = -7, /* an identity that nobody enrolled */
    IDQ_NOT_ENROLLED = -8,     /* the account has no identity at all */
    IDQ_LOW_ASSURANCE = -9,    /* the bank vouches for less than the configuration asks for */

    /* The QR backend, or the way to it. */
    IDQ_UNREACHABLE = -20, /* no address, no connection, no answer in time */
    IDQ_TLS = -21,         /* the certificate or the pin does not hold */
    IDQ_SIGNATURE = -22,   /* x-idin-qr-hash, or an ID token's, is missing or wrong */
    IDQ_REPLY = -23,       /* an answer that is not what the protocol says */
    IDQ_OTHER_CODE = -24,  /* an answer about another code, or another login */
    IDQ_PICTURE = -25,     /* the picture is no PNG with one QR code */
    IDQ_HOST = -26,        /* the code, or its picture, leads to a host that is not allowed */
    IDQ_MERCHANT = -27,    /* the backend does not accept the merchant's credentials */
    IDQ_BUSY = -28,        /* the backend asks us to come back much later */
    IDQ_CLOCK = -29,       /* our own clock is so wrong that the backend cannot be used */

    /* This machine. */
    IDQ_CONFIG = -40,     /* idinqr.conf or the module's arguments */
    IDQ_MAP = -41,        /* idinqr.map or idinqr.key */
    IDQ_AGENT = -42,      /* the agent could not start, died, or broke the protocol */
    IDQ_SYSTEM = -43,     /* the system refused memory, a descriptor, a file */
    IDQ_NO_DISPLAY = -44, /* this host cannot show a code to anybody */
    IDQ_CONV = -45,       /* the host's conversation failed: by class, it was left */
    IDQ_LOCKED = -46,     /* another administrator is changing the map */
    IDQ_NOT_LOCAL = -47,  /* the configuration requires a person at this machine */
    IDQ_TRIES = -48,      /* too many codes were asked for without success */

    /* The login was left. */
    IDQ_CANCELLED = -60, /* Ctrl-C, or the host was told to end */
    IDQ_HANGUP = -61,    /* the terminal is gone */
    IDQ_TIMEOUT = -62,   /* the time a person has, or the host gives, ran out */
};

/* Who or what ended the login. */
enum error_class {
    ERROR_PERSON,  /* the person, or the bank on the person's behalf; IDQ_OK too */
    ERROR_BACKEND, /* the QR backend, or the way to it */
    ERROR_MACHINE, /* this machine */
    ERROR_LEFT,    /* the person or the application left, or the time is over */
};

/* ERROR_MACHINE for a number that is not in the list. */
enum error_class error_class(enum idq_error error);

/* The word for an error in logs and in --json output: lower case, with hyphens ("wrong-person").
 * Never NULL: a number that is not in the list reads as "unknown". Static. */
const char *error_word(enum idq_error error);

/* The same in a few English words, for an administrator. Static, never NULL. */
const char *error_text(enum idq_error error);

/* Whether a number that came from outside is one of the list, IDQ_OK included. */
int error_is_known(int number);

#endif
