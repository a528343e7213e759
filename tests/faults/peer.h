/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a QR backend on loopback that has one fault: the script's, at one stage of a login. It has
 * faults that a real backend cannot be made to have (bytes, framing, TLS). Runs in a separate
 * process. Test code: ends with the test that started it, and an error fails that test. */
#ifndef IDQ_TESTS_PEER_H
#define IDQ_TESTS_PEER_H

#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/unit/peer_certificate.h"

#include <stddef.h>
#include <sys/types.h>

#define PEER_QR_ID "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab" /* of the code, and of the session */

enum peer_stage {
    PEER_NOWHERE,   /* nothing is wrong */
    PEER_CONNECT,   /* a connection was accepted */
    PEER_HELLO,     /* the client's first words of TLS have come in */
    PEER_DISCOVERY, /* what OpenID's providers say of themselves */
    PEER_TOKEN,     /* a client asks for leave to use the API: Signicat's */
    PEER_GENERATE,  /* a code is asked for: at Signicat it is a session */
    PEER_PICTURE,
    PEER_STATUS,  /* any word but these: */
    PEER_NUMBER,  /* a relay wants the number on the phone */
    PEER_SUCCESS, /* the answer with the identity */
};

enum peer_act {
    PEER_ANSWER, /* the answer that the script has */
    PEER_RESET,  /* a reset in place of an answer */
    PEER_CLOSE,  /* an orderly end in place of an answer */
    PEER_SILENCE,
    PEER_RESET_IN_HEAD, /* a reset after half of the headers, */
    PEER_RESET_IN_BODY, /* or of the body */
    PEER_TRUNCATE,      /* an orderly end after half of the body */
    PEER_DRIBBLE_HEAD,  /* a byte now and then, */
    PEER_DRIBBLE_BODY,  /* from the body on */
    PEER_CHUNKS,        /* the answer in chunks of one byte, which is allowed */
    PEER_CHUNK_GARBAGE, /* a chunk whose size is invalid */
    PEER_CHUNK_ENDLESS, /* chunks without an end */
    PEER_SHORT_LENGTH,  /* the length leaves the last byte out */
    PEER_HUGE_BODY,     /* 100 MB, as the length says */
    PEER_HEADERS_ENDLESS,
    PEER_CONTINUE_ENDLESS, /* "100 Continue", over and over */
    PEER_ANSWER_TWICE,     /* two answers to one question */
    PEER_KILL_AGENT,       /* SIGKILL, and silence */
    PEER_STOP_AGENT,       /* SIGSTOP, and silence */
    PEER_KILL_FETCH,       /* the same to the fetch process */
    PEER_STOP_FETCH,
    PEER_KILL_READER, /* SIGKILL to the picture reader, and the answer */
    PEER_STOP_READER, /* the same with SIGSTOP */
};

enum peer_signing {
    PEER_SIGNED,
    PEER_UNSIGNED,
    PEER_SIGNED_WRONG,      /* one bit */
    PEER_SIGNED_SHORT,      /* a digit is missing */
    PEER_SIGNED_LONG,       /* two digits too many */
    PEER_SIGNED_EMPTY,      /* a header without a value */
    PEER_SIGNED_NO_HEX,     /* 64 characters that are no digits */
    PEER_SIGNED_TWICE,      /* right, and there twice */
    PEER_SIGNED_BOTH,       /* a right one, and a wrong one behind it */
    PEER_SIGNED_UPPER_CASE, /* right, in capitals */
    PEER_SIGNED_OTHER_BODY, /* right, for another body */
    PEER_SIGNED_OTHER_KEY,
    PEER_SIGNED_TRAILER, /* right, but behind the body */
};

/* What is NULL or 0 is right. In texts, $URL is where the peer is, $ID the code, $BIN and $IDENTITY
 * the person, $PORT the port, $PIN the pin of the peer's key, and $NOW, $AN_HOUR_AGO and
 * $IN_AN_HOUR are times, in seconds. In an answer $REFERENCE is what the login calls itself (the
 * nonce of idin-qr, the reference of Signicat), $REPEATED the members of a request that a relay
 * repeats, and $ID_TOKEN an ID token. */
struct peer_answer {
    const char *status;       /* "503 Service Unavailable" */
    const char *headers;      /* more of them, each with "\r\n" */
    const char *content_type; /* "": none */
    const char *body;
    size_t body_size; /* of a body that has zero bytes in it, and nothing to replace */
    enum peer_signing signing;
    const char *token_header, *claims; /* JSON of the ID token's parts; its signature is a dummy */
    const char *token_end;             /* what stands behind them, in place of ".SIGNATURE" */
    /* Draws the picture; `link` is what its code should say. Freed by the caller. */
    unsigned char *(*draw)(const char *link, size_t *ret_size);
    const char *link; /* of the code */
};

struct peer_script {
    enum peer_stage at;
    int skips; /* how often it goes right before */
    int times; /* how often it goes wrong; 0: each time */
    enum peer_act act;
    struct peer_answer answer;
    const char *words[4]; /* the statuses, one after the other, the last for ever; none: scanned,
                             and then the success */
    enum peer_certificate certificate;
    int tls_version; /* the only one, as OpenSSL numbers them; 0: any */

    /* Of a peer that stands before a backend: asks that one, and fills in what is NULL. Called in
     * the peer's process for each request, before anything goes wrong. */
    void (*ask)(enum peer_stage stage, const char *request, int goes_wrong,
                struct peer_answer *answer);
    unsigned port;       /* to listen at; 0: any */
    const char *tls_dir; /* of tls.pem and tls.key, for a certificate that is not new; or NULL */
};

struct peer_person {
    unsigned char signing_key[32];
    char bin[PERSON_BIN_MAX + 1];      /* of who approves */
    char identity[IDENTITY_HASH_SIZE]; /* the same, as a relay names it; "" without a relay */
};

struct peer {
    pid_t pid;
    unsigned port;
    char ca_file[256]; /* PEM, to trust it by */
    char pin[64];      /* of its key, as libcurl takes it */
    const struct peer_dialect *dialect;
    char repeated[512]; /* $REPEATED, in the same way */
    char reference[65]; /* $REFERENCE, known to the peer's own process once the login has said it */
};

/* It speaks the protocol of this provider, or another dialect. Files go into `dir`. */
void peer_start(struct peer *ret_peer, const char *provider, const struct peer_script *script,
                const struct peer_person *person, const char *dir);

/* A text with its $words replaced; freed by the caller. */
char *peer_expand(const struct peer *peer, const struct peer_person *person, const char *text);

/* Accepts one that was never started (zeroed). */
void peer_stop(struct peer *peer);

#define PEER_AUTO __attribute__((cleanup(peer_stop))) struct peer

#endif
