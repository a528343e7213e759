/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes and reads the messages between a merchant and its acquirer: iDx 1.0.0 with SAML 2.0. The
 * relay runs it, as its unprivileged user, with the merchant's keys, on XML from the network. It
 * uses no network, no file and no clock. A reader verifies the acquirer's signature with a pinned
 * certificate before it reads any field, and decrypts after all other checks. An answer that breaks
 * one rule leaves nothing in the results. */
#ifndef IDQ_RELAY_IDX_H
#define IDQ_RELAY_IDX_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDX_MESSAGE_MAX 262144 /* bytes of an answer */
#define IDX_BIN         16384  /* the service that delivers a BIN */
#define IDX_LOA         "nl:bvn:bankid:1.0:loa3"
#define IDX_SKEW_S_MAX  60
#define IDX_EXPIRY_MIN  60 /* seconds of an expirationPeriod */
#define IDX_EXPIRY_MAX  300

/* Room for texts, with the zero byte. A character has at most 4 bytes of UTF-8. */
#define IDX_CODE_SIZE        41 /* entranceCode; the longest of the codes that a merchant makes */
#define IDX_REFERENCE_SIZE   36 /* merchantReference */
#define IDX_TRANSACTION_SIZE 17
#define IDX_ISSUER_SIZE      12           /* a BIC */
#define IDX_NAME_SIZE        (35 * 4 + 1) /* of an issuer */
#define IDX_URL_SIZE         513
#define IDX_TIME_SIZE        41
#define IDX_ID_SIZE          129 /* of an assertion */
#define IDX_MESSAGE_SIZE     (512 * 4 + 1)

/* Prepares libxml2 and xmlsec once a process, before any other use of libxml2: libxml2's memory is
 * wiped when it is freed, both libraries print nothing, and xmlsec can open no file or URL. Returns
 * 0 or IDQ_SYSTEM. idx_end frees what they hold. */
int idx_init(void);
void idx_end(void);

/* Texts must be valid as long as the struct idx, but those in PEM only during idx_new. */
struct idx_settings {
    const char *merchant_id; /* 10 digits; the acquirer's first */
    unsigned sub_id;         /* 0 to 999999 */
    const char *acquirer_id; /* 4 digits */
    const char *legal_id;    /* the audience of assertions, as NL00ZZZ12345678 */
    const char *return_url;  /* where the bank sends the phone */
    unsigned service_id;     /* asked, and required in an answer; IDX_BIN */
    unsigned skew_s;         /* of the two clocks, at most IDX_SKEW_S_MAX */

    const char *merchant_key; /* RSA; signs */
    const char *merchant_certificate;
    const char *saml_key;                /* RSA; decrypts. NULL: the merchant's */
    const char *routing_certificate;     /* of the acquirer */
    const char *alternative_certificate; /* the next or the last one of the acquirer, or NULL */

    /* Readings of the protocol, where its public descriptions differ or end. Zero is our choice. */
    const char *loa;         /* asked, and required in an answer; NULL: IDX_LOA */
    bool with_consent;       /* Consent="true" in place of IsPassive="false" */
    bool without_conditions; /* leave out the empty Conditions and Scoping */
    bool any_transaction;    /* a transactionID need not begin with the acquirerID */
};

struct idx;

/* Checks the settings and reads the keys. Returns 0; IDQ_CONFIG with a reason; IDQ_SYSTEM. */
int idx_new(const struct idx_settings *settings, struct idx **ret_idx, struct diag *ret_diag);

/* Accepts a pointer to NULL, and leaves one. */
void idx_free(struct idx **idx);

#define IDX_AUTO __attribute__((cleanup(idx_free))) struct idx

/* Requests, signed, in UTF-8. The times are milliseconds since 1970. These return 0; IDQ_CONFIG for
 * a value that the schema forbids; IDQ_SYSTEM. The caller frees ret_xml. */

struct idx_request {
    const char *issuer;        /* issuerID */
    const char *language;      /* as "nl" */
    const char *entrance_code; /* returns with the phone: unguessable */
    const char *reference;     /* merchantReference: returns in the assertion */
    unsigned expiry_s;         /* IDX_EXPIRY_MIN to IDX_EXPIRY_MAX */
};

int idx_build_directory(const struct idx *idx, int64_t now_ms, char **ret_xml, size_t *ret_size);
int idx_build_transaction(const struct idx *idx, const struct idx_request *request, int64_t now_ms,
                          char **ret_xml, size_t *ret_size);
int idx_build_status(const struct idx *idx, const char *transaction, int64_t now_ms, char **ret_xml,
                     size_t *ret_size);

/* Fills the room with a random code: a letter, then letters and digits. For merchantReference and
 * entranceCode. Returns 0 or IDQ_SYSTEM. */
int idx_new_code(char *ret_code, size_t size);

/* Why an answer was not used. */
struct idx_failure {
    char reason[DIAG_LINE_SIZE];             /* loggable, without personal data */
    char consumer_message[IDX_MESSAGE_SIZE]; /* the acquirer's words for the person; may be "" */
};

/* Readers. They return 0; IDQ_SIGNATURE if the acquirer did not sign these bytes; IDQ_BANK_FAILED
 * if it signed an error; IDQ_REPLY for an answer that the protocol forbids; IDQ_SYSTEM. ret_failure
 * has the reason, and is empty after 0. */

struct idx_issuer {
    char id[IDX_ISSUER_SIZE];
    char name[IDX_NAME_SIZE];
};

struct idx_directory {
    size_t n_issuers;
    struct idx_issuer issuers[]; /* in the acquirer's order: by country */
};

/* The caller frees ret_directory. */
int idx_read_directory(const struct idx *idx, const char *xml, size_t size,
                       struct idx_directory **ret_directory, struct idx_failure *ret_failure);

struct idx_started {
    char url[IDX_URL_SIZE]; /* issuerAuthenticationURL: for the phone */
    char transaction[IDX_TRANSACTION_SIZE];
};

int idx_read_transaction(const struct idx *idx, const char *xml, size_t size,
                         struct idx_started *ret_started, struct idx_failure *ret_failure);

enum idx_status {
    IDX_OPEN = 1,
    IDX_PENDING,
    IDX_SUCCESS, /* with an identity */
    IDX_LATE,    /* a success that was asked for too late: the identity is lost */
    IDX_CANCELLED,
    IDX_EXPIRED,
    IDX_FAILED,
};

struct idx_asked {
    const char *transaction, *reference, *issuer; /* of the request */
    int64_t received_ms;                          /* when the answer arrived */
    /* Stores the ID of an assertion. Returns 0; IDQ_OTHER_CODE if it is stored already. Called
     * before decryption, at most once an answer. */
    int (*take_assertion)(void *context, const char *id);
    void *context;
};

struct idx_result {
    enum idx_status status;
    /* For IDX_SUCCESS alone. All settings and all that was asked agree with it. */
    struct secret *bin; /* subject_check_bin accepts it */
};

/* Also returns IDQ_OTHER_CODE for an answer about another login, a used assertion, or another
 * merchant; IDQ_CLOCK if the assertion is not valid at received_ms; IDQ_LOW_ASSURANCE;
 * IDQ_TRANSIENT and IDQ_NO_SUBJECT for a subject that is not a BIN. All failures of the decryption
 * are the same IDQ_REPLY. */
int idx_read_status(const struct idx *idx, const char *xml, size_t size,
                    const struct idx_asked *asked, struct idx_result *ret_result,
                    struct idx_failure *ret_failure);

void idx_result_wipe(struct idx_result *result);

#endif
