/* SPDX-License-Identifier: BSD-3-Clause */
/* Defines the messages between the processes: each as a struct, written into a frame and read back
 * from one. Both ends use it. Readers reject all that PROTOCOL.md does not allow. */
#ifndef IDQ_WIRE_MESSAGES_H
#define IDQ_WIRE_MESSAGES_H

#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/wire/frame.h"

enum message_type {
    MESSAGE_START = 1,
    MESSAGE_PROBE = 2,
    MESSAGE_KEYS = 3,
    MESSAGE_NUMBER = 4,
    MESSAGE_QR = 16,
    MESSAGE_STATE = 17,
    MESSAGE_RESULT = 18,
    MESSAGE_LOG = 19,
    MESSAGE_PROBED = 20,
    MESSAGE_KEY = 21,
    MESSAGE_ASK = 22,
    MESSAGE_PICTURE = 32,
    MESSAGE_PART = 33,
    MESSAGE_CODE = 34,
    MESSAGE_SETUP = 48, /* to 52: fetch_messages.h */
    MESSAGE_READY = 49,
    MESSAGE_REQUEST = 50,
    MESSAGE_CANCEL = 51,
    MESSAGE_ANSWER = 52,
};

/* bytes: more than fits into a code that a phone can read from a screen */
#define PAYLOAD_MAX       1024
#define USER_CODE_MAX     64  /* bytes: more than a person would compare or type */
#define ISSUER_MAX        255 /* a BIC, or an OpenID issuer's URL */
#define LOA_MAX           128
#define TRANSACTION_MAX   64
#define PICTURE_MAX       (1024 * 1024) /* bytes of PNG */
#define LOG_LINE_MAX      400
#define SETTING_VALUE_MAX CLIENT_KEY_MAX
#define KEY_SET_MAX       4096 /* bytes: five RSA keys of 4096 bits, or eight of 2048 */

#define KEY_SET_KEYS_MAX 32
#define KEY_ID_MAX       255
#define KEY_NUMBER_MAX   2731 /* bytes of base64url: 16384 bits */

#define NUMBER_SIZE      (6 + 1) /* the digits that a relay shows on the phone, and a zero byte */
#define NUMBER_TRIES_MAX 3

enum start_purpose {
    PURPOSE_LOGIN = 0, /* START */
    PURPOSE_PROBE,     /* PROBE: no login, see PROTOCOL.md */
    PURPOSE_KEYS,      /* KEYS: the same */
};

/* About 60 KB, with secrets. The agent has it as a local that it wipes on each return. In an
 * application, whose threads may have small stacks, it is a struct secret. */
struct start_message {
    enum start_purpose purpose;
    char provider[32];
    char language[8];
    char station[64];
    char service[64];  /* this and the next: "" unless the backend may know them */
    char account[257]; /* "": the identity selects it */
    uint32_t timeout_ms;
    char ca_file[256];
    char pin_sha256[128];
    char proxy[256];
    char key_set[KEY_SET_MAX + 1]; /* the text of jwks_file; "": not set */
    size_t n_settings;
    struct {
        char keyword[32];
        char value[SETTING_VALUE_MAX + 1];
    } settings[PROVIDER_SETTINGS_MAX];
};

struct qr_message {
    char payload[PAYLOAD_MAX + 1];
    uint32_t lifetime_s;
    char user_code[USER_CODE_MAX + 1]; /* to compare or type on the phone; "": no code */
};

enum login_state {
    STATE_SCANNED = 1, /* The code was scanned, and the person is at the bank. */
};

/* With an error, only the transaction may be there: for the log. */
struct result_message {
    int outcome; /* 0, or an enum idq_error (negative) */
    char subject[SUBJECT_MAX + 1];
    char issuer[ISSUER_MAX + 1];
    char loa[LOA_MAX + 1];
    char transaction[TRANSACTION_MAX + 1];
};

/* The result of the picture reader. */
struct code_message {
    int outcome; /* 0, or an enum idq_error (negative) */
    char payload[PAYLOAD_MAX + 1];
};

struct log_message {
    int priority; /* LOG_ERR … LOG_DEBUG */
    char line[LOG_LINE_MAX + 1];
};

enum key_type { KEY_RSA = 1, KEY_P256 = 2, KEY_ED25519 = 3 };

/* A public key, as a JWK has it. The numbers are base64url. */
struct key_message {
    enum key_type type;
    char kid[KEY_ID_MAX + 1];        /* visible ASCII; "": no id */
    char first[KEY_NUMBER_MAX + 1];  /* n; x */
    char second[KEY_NUMBER_MAX + 1]; /* e; y; "" with Ed25519 */
};

/* Writers fill the frame. Data that does not fit marks the frame broken, and frame_send then fails.
 */
void message_write_start(struct frame *frame, const struct start_message *start);
void message_write_qr(struct frame *frame, const struct qr_message *qr);
void message_write_state(struct frame *frame, enum login_state state);
void message_write_result(struct frame *frame, const struct result_message *result);
void message_write_probed(struct frame *frame, int outcome);
void message_write_key(struct frame *frame, const struct key_message *key);
void message_write_ask(struct frame *frame, unsigned tries_left, const char *transaction);
void message_write_number(struct frame *frame, const char *number);
void message_write_picture(struct frame *frame, size_t size);
/* Writes as many bytes as fit, and returns their number. */
size_t message_write_part(struct frame *frame, const void *bytes, size_t size);
void message_write_code(struct frame *frame, const struct code_message *code);
void message_write_log(struct frame *frame, int priority, const char *line);

/* Readers return 0 or IDQ_AGENT, and wipe the output on an error. The caller has checked the
 * frame's type with frame_type. message_read_start reads START, PROBE and KEYS. */
int message_read_start(struct frame *frame, struct start_message *ret_start);
int message_read_qr(struct frame *frame, struct qr_message *ret_qr);
int message_read_state(struct frame *frame, enum login_state *ret_state);
int message_read_result(struct frame *frame, struct result_message *ret_result);
int message_read_probed(struct frame *frame, int *ret_outcome);
int message_read_key(struct frame *frame, struct key_message *ret_key);
/* *ret_tries_left is 1 to NUMBER_TRIES_MAX. */
int message_read_ask(struct frame *frame, unsigned *ret_tries_left,
                     char ret_transaction[TRANSACTION_MAX + 1]);
int message_read_number(struct frame *frame, char ret_number[NUMBER_SIZE]);
/* *ret_size is 1 to PICTURE_MAX. */
int message_read_picture(struct frame *frame, size_t *ret_size);
/* Points into the frame. *ret_size is 1 to `most`. */
int message_read_part(struct frame *frame, size_t most, const void **ret_bytes, size_t *ret_size);
/* A payload is visible ASCII. It is present only if the outcome is 0. */
int message_read_code(struct frame *frame, struct code_message *ret_code);
int message_read_log(struct frame *frame, struct log_message *ret_log);

void start_wipe(struct start_message *start);
void result_wipe(struct result_message *result);

#define START_AUTO  __attribute__((cleanup(start_wipe))) struct start_message
#define RESULT_AUTO __attribute__((cleanup(result_wipe))) struct result_message

#endif
