/* Writes the inputs of tests/fuzz/corpus that are no text: `make fuzz-seeds`. Those that are text,
 * and what a fuzzer found, are kept as files alone. Test code. */
#include "pam_idinqr/agent/matrix.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/hmac_sha256.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/failing_calls.h"
#include "tests/fuzz/scripted_agent.h"
#include "tests/fuzz/target.h"

#include <png.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define PAYLOAD "https://qrcode.idin.nl/q/Q2hlY2stbWUtb3V0ISE"

static const char *corpus;

static void
save(const char *target, const char *name, const void *bytes, size_t size)
{
    char *path = NULL;
    FILE *file;

    MUST(asprintf(&path, "%s/%s/%s", corpus, target, name) > 0);
    file = fopen(path, "we");
    if (!file) {
        perror(path);
        exit(1);
    }
    MUST(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    free(path);
}

/* Bytes given as numbers, ended by -1. */
static void
save_bytes(const char *target, const char *name, ...)
{
    unsigned char bytes[64];
    size_t size = 0;
    va_list list;

    va_start(list, name);
    for (int byte; (byte = va_arg(list, int)) >= 0; size++) {
        MUST(size < sizeof bytes);
        bytes[size] = (unsigned char)byte;
    }
    va_end(list);
    save(target, name, bytes, size);
}

/* --- the wire ----------------------------------------------------------------------------------
 */

static void
save_frame(const char *target, const char *name, struct frame *frame)
{
    MUST(!frame->broken);
    frame->bytes[2] = (unsigned char)((frame->size - FRAME_HEADER) >> 8);
    frame->bytes[3] = (unsigned char)(frame->size - FRAME_HEADER);
    save(target, name, frame->bytes, frame->size);
}

static struct qr_message
code_of(const char *payload)
{
    struct qr_message qr = {.lifetime_s = 120};

    strcpy(qr.payload, payload);
    MUST(matrix_make(&qr) == 0);
    return qr;
}

static void
save_qr(const char *name, struct qr_message qr)
{
    FRAME_AUTO frame;

    message_write_qr(&frame, &qr);
    save_frame("wire_from_agent", name, &frame);
}

static void
save_result(const char *name, int outcome, const char *subject, int has_more)
{
    struct result_message result = {.outcome = outcome};
    FRAME_AUTO frame;

    strcpy(result.subject, subject);
    if (has_more) {
        strcpy(result.issuer, "INGBNL2A");
        strcpy(result.loa, "nl:bvn:bankid:1.0:loa3");
        strcpy(result.transaction, "1234567890123456");
    }
    message_write_result(&frame, &result);
    save_frame("wire_from_agent", name, &frame);
}

static void
save_from_agent(void)
{
    struct qr_message qr = code_of(PAYLOAD);
    FRAME_AUTO frame;

    save_qr("qr", qr);
    strcpy(qr.user_code, "WDJB-MJHT");
    save_qr("qr_with_user_code", qr);
    strcpy(qr.user_code, "\x1b[2J");
    save_qr("qr_with_escape_in_user_code", qr);
    qr.user_code[0] = '\0';
    qr.modules[0] ^= 0x80;
    save_qr("qr_without_a_finder", qr);
    qr.modules[0] ^= 0x80;
    qr.size = 22;
    save_qr("qr_of_no_size", qr);
    qr = code_of(PAYLOAD);
    strcpy(qr.payload, "http://qrcode.idin.nl/");
    save_qr("qr_without_tls", qr);
    save_result("result_verified", IDQ_OK, "NLINGB3x4u89498qe4", 0);
    save_result("result_with_all", IDQ_OK, "NLINGB3x4u89498qe4", 1);
    save_result("result_verified_without_subject", IDQ_OK, "", 0);
    save_result("result_control_character", IDQ_OK, "NL\x1b[2J", 0);
    save_result("result_refused", IDQ_REFUSED, "", 0);
    save_result("result_refused_with_subject", IDQ_REFUSED, "NLINGB3x4u89498qe4", 0);
    save_result("result_of_no_number", -99, "", 0);
    message_write_state(&frame, STATE_SCANNED);
    save_frame("wire_from_agent", "state_scanned", &frame);
    message_write_log(&frame, LOG_WARNING, "backend.example: no answer");
    save_frame("wire_from_agent", "log", &frame);
    message_write_log(&frame, LOG_WARNING, "a\nb\x1b[2J");
    save_frame("wire_from_agent", "log_of_two_lines", &frame);
    frame_begin(&frame, 77);
    save_frame("wire_from_agent", "unknown_type", &frame);
    frame_put_u8(&frame, 1);
    frame.bytes[0] = 2;
    save_frame("wire_from_agent", "other_version", &frame);
    frame_begin(&frame, MESSAGE_STATE);
    frame_put_u8(&frame, STATE_SCANNED);
    frame_put_u8(&frame, 0);
    save_frame("wire_from_agent", "byte_left_over", &frame);
    save_bytes("wire_from_agent", "header_cut", 1, 16, 0, -1);
}

static void
save_from_module(void)
{
    struct start_message start = {.provider = "idin-qr",
                                  .language = "nl",
                                  .station = "Balie 3",
                                  .timeout_ms = 120000,
                                  .n_settings = 2};
    FRAME_AUTO frame;

    strcpy(start.settings[0].keyword, "qr_backend_url");
    strcpy(start.settings[0].value, "https://qrcode.idin.nl/generate");
    strcpy(start.settings[1].keyword, "merchant_token");
    strcpy(start.settings[1].value, "a-token");
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "start", &frame);
    frame_put_u8(&frame, 0);
    save_frame("wire_from_module", "byte_left_over", &frame);
    start.is_probe = 1;
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "probe", &frame);
    start.is_probe = 0;
    start.n_settings = 0;
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "start_without_settings", &frame);
    frame.bytes[frame.size - 1] = 255;
    save_frame("wire_from_module", "more_settings_than_there_are", &frame);
    frame_begin(&frame, MESSAGE_START);
    frame_put_bytes(&frame, "a\0b", 3);
    save_frame("wire_from_module", "text_with_a_zero_byte", &frame);
    message_write_state(&frame, STATE_SCANNED);
    save_frame("wire_from_module", "not_a_start", &frame);
}

/* --- the backend --------------------------------------------------------------------------------
 */

static void
save_signed(const char *name, int flags, const char *body)
{
    unsigned char mac[HMAC_SHA256_SIZE];
    char text[2048];
    int size = snprintf(text, sizeof text, "%c", flags);

    hmac_sha256(flags & 1 ? "key" : "6b6579", flags & 1 ? 3 : 6, body, strlen(body), mac);
    for (size_t i = 0; i < sizeof mac; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "%02x", mac[i]);
    size += snprintf(text + size, sizeof text - (size_t)size, "\n%s", body);
    MUST(size < (int)sizeof text);
    save("idin_qr_reply", name, text, (size_t)size);
}

#define ID "\"qr_id\":\"0b6f3b1e\","

static void
save_replies(void)
{
    save_signed("generate", 2, "{" ID "\"qr_url\":\"https://qrcode.idin.nl/qrcode/1.png\"}");
    save_signed("generate_hex_key", 3, "{" ID "\"qr_url\":\"https://qrcode.idin.nl/q.png\"}");
    save_signed("signed_twice", 4, "{}");
    save_signed("status_open", 2, "{" ID "\"status\":\"open\",\"scans\":0,\"retry_after\":2}");
    save_signed("status_pending", 2, "{" ID "\"status\":\"pending\",\"scans\":1}");
    save_signed("status_success", 2,
                "{" ID "\"status\":\"success\",\"transaction_id\":\"1\",\"issuer_id\":\"INGBNL2A\","
                "\"bin\":\"NLINGB3x4u89498qe4\",\"loa\":\"nl:bvn:bankid:1.0:loa3\"}");
    save_signed("status_success_transient", 2,
                "{" ID "\"status\":\"success\",\"bin\":\"TRANS0123456789\"}");
    save_signed("status_success_without_bin", 2, "{" ID "\"status\":\"success\",\"bin\":null}");
    save_signed("status_success_wide_bin", 2,
                "{" ID "\"status\":\"success\",\"bin\":\"NL\\u20ac\\ud83d\\ude00\"}");
    save_signed("status_success_control_in_bin", 2,
                "{" ID "\"status\":\"success\",\"bin\":\"NL\\u001b\"}");
    save_signed("status_expired", 2, "{" ID "\"status\":\"expired\"}");
    save_signed("status_cancelled", 2, "{" ID "\"status\":\"cancelled\"}");
    save_signed("status_nobody_heard_of", 2, "{" ID "\"status\":\"sideways\"}");
    save_signed("status_of_another_code", 2, "{\"qr_id\":\"other\",\"status\":\"success\"}");
    save_signed("retry_after_negative", 2, "{" ID "\"status\":\"open\",\"retry_after\":-1}");
    save_signed("retry_after_huge", 2,
                "{" ID "\"status\":\"open\",\"retry_after\":9223372036854775807}");
    save_signed("member_twice", 2, "{" ID ID "\"status\":\"open\"}");
    save_signed("deep", 2, "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}");
    save_signed("array", 2, "[]");
    save_signed("two_values", 2, "{}{}");
}

#define SESSION "{\"id\":\"id\",\"externalReference\":\"reference\",\"status\":"
#define AT_IDIN "\"SUCCESS\",\"provider\":\"idin\",\"subject\":"

static void
save_signicat(void)
{
    static const struct {
        const char *name, *body;
    } seeds[] = {
        {"token",
         "{\"access_token\":\"eyJh.b-_~+/=\",\"expires_in\":600,\"token_type\":\"Bearer\"}"},
        {"token_for_ever", "{\"access_token\":\"a\",\"token_type\":\"bearer\"}"},
        {"token_with_a_line_end", "{\"access_token\":\"a\\r\\nb\",\"token_type\":\"Bearer\"}"},
        {"token_refused", "{\"error\":\"invalid_client\",\"error_description\":\"d\"}"},
        {"created",
         SESSION "\"CREATED\",\"authenticationUrl\":\"https://login.example.nl/a?b=c\"}"},
        {"created_with_a_path", "{\"id\":\"../a\",\"externalReference\":\"reference\"}"},
        {"waiting", SESSION "\"WAITING_FOR_USER\",\"provider\":null}"},
        {"success",
         SESSION AT_IDIN "{\"id\":\"a\",\"idpId\":\"NLRABO1\"},\"loa\":\"substantial\"}"},
        {"success_wide", SESSION AT_IDIN "{\"idpId\":\"NL\\u20ac\\ud83d\\ude00\"}}"},
        {"success_transient", SESSION AT_IDIN "{\"idpId\":\"TRANS0\"}}"},
        {"success_without_subject", SESSION AT_IDIN "null}"},
        {"success_low", SESSION AT_IDIN "{\"idpId\":\"NLRABO1\",\"loa\":\"low\"}}"},
        {"success_and_error",
         SESSION AT_IDIN "{\"idpId\":\"NLRABO1\"},\"error\":{\"code\":\"a\"}}"},
        {"success_elsewhere", SESSION "\"SUCCESS\",\"provider\":\"mitid\",\"subject\":{}}"},
        {"error",
         SESSION "\"ERROR\",\"error\":{\"title\":\"a\\n\",\"code\":\"b\",\"detail\":\"c\"}}"},
        {"abort", SESSION "\"ABORT\"}"},
        {"cancelled", SESSION "\"CANCELLED\"}"},
        {"expired", SESSION "\"EXPIRED\"}"},
        {"invalid", SESSION "\"INVALID\"}"},
        {"unknown", SESSION "\"PAUSED\"}"},
        {"another_session", "{\"id\":\"other\",\"externalReference\":\"reference\"}"},
        {"another_login", "{\"id\":\"id\",\"externalReference\":\"other\"}"},
        {"problem",
         "{\"title\":\"Invalid\",\"code\":\"a-1\",\"detail\":\"d\",\"invalidParams\":[]}"},
    };

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        save("signicat_reply", seeds[i].name, seeds[i].body, strlen(seeds[i].body));
}

/* A code of the payload, so many times side by side; grey, or grey with light
 * modules that are transparent. */
static void
save_png(const char *name, const char *payload, unsigned module_px, unsigned copies,
         int is_inverted, int is_transparent)
{
    struct qr_message qr = code_of(payload);
    unsigned side = (qr.size + 8u) * module_px, width = side * copies;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width,
                       .height = side,
                       .format = is_transparent ? PNG_FORMAT_GA : PNG_FORMAT_GRAY};
    unsigned channels = is_transparent ? 2 : 1;
    unsigned char *pixels = calloc((size_t)width * side, channels), *png;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);

    MUST(pixels);
    for (unsigned i = 0; i < width * side; i++) {
        /* Left of and above the code these are huge. */
        unsigned x = i % width % side / module_px - 4, y = i / width / module_px - 4;
        int is_dark = x < qr.size && y < qr.size && qr_is_dark(&qr, x, y);
        if (is_transparent)
            pixels[2 * i + 1] = is_dark ? 0xFF : 0;
        else
            pixels[i] = is_dark == is_inverted ? 0xFF : 0;
    }
    png = malloc(size + 1);
    MUST(png);
    png[0] = 'P';
    MUST(png_image_write_to_memory(&image, png + 1, &size, 0, pixels, 0, NULL));
    save("picture", name, png, size + 1);
    free(png);
    free(pixels);
}

static void
save_pictures(void)
{
    struct qr_message qr = code_of(PAYLOAD);
    unsigned char modules[2 + QR_MODULES_MAX] = {'M', qr.size};

    save_png("code", PAYLOAD, 3, 1, 0, 0);
    save_png("light_on_dark", PAYLOAD, 3, 1, 1, 0);
    save_png("transparent", PAYLOAD, 3, 1, 0, 1);
    save_png("two_codes", PAYLOAD, 3, 2, 0, 0);
    save_png("tiny", PAYLOAD, 1, 1, 0, 0);
    save_png("payload_with_a_blank", "https://qrcode.idin.nl/ x", 3, 1, 0, 0);
    memcpy(modules + 2, qr.modules, sizeof qr.modules);
    save("picture", "modules", modules, 2 + ((size_t)qr.size * qr.size + 7) / 8);
    save("picture", "no_picture", "<html>502</html>", 16);
}

/* --- the terminal --------------------------------------------------------------------------------
 */

static void
save_drawing(const char *name, int flags, int display, int rows, int columns, const char *account)
{
    struct qr_message qr = code_of(PAYLOAD);
    unsigned char bytes[4096] = {
        (unsigned char)flags,       (unsigned char)display, (unsigned char)((qr.size - 21) / 4),
        (unsigned char)(rows >> 8), (unsigned char)rows,    (unsigned char)(columns >> 8),
        (unsigned char)columns};
    size_t size = 7, modules = ((size_t)qr.size * qr.size + 7) / 8;

    size +=
        (size_t)sprintf((char *)bytes + size, "%s\nBalie 3\n%s\nsudo\n1:59\n", PAYLOAD, account);
    memcpy(bytes + size, qr.modules, modules);
    save("drawing", name, bytes, size + modules);
}

static void
save_drawings(void)
{
    enum { UTF8 = 16, HALF = 32, COLOURS = 64, NO_TERMINAL = 128, PROMPT = 4, NO_ACCOUNT = 8 };

    save_drawing("half", UTF8 | HALF | COLOURS, 0, 40, 100, "alice");
    for (int rows = 20; rows <= 30; rows++) { /* each is the least for something, or one too few */
        char name[32];
        snprintf(name, sizeof name, "rows_%d", rows);
        save_drawing(name, UTF8 | HALF | COLOURS, 0, rows, 80, "alice");
        snprintf(name, sizeof name, "prompt_rows_%d", rows);
        save_drawing(name, PROMPT | UTF8 | HALF, 0, rows, 80, "alice");
    }
    save_drawing("half_in_dutch", 1 | UTF8 | HALF | COLOURS, 0, 40, 100, "alice");
    save_drawing("small_screen", UTF8 | HALF | COLOURS, 0, 24, 80, "alice");
    save_drawing("too_small", UTF8 | HALF | COLOURS, 0, 10, 40, "alice");
    save_drawing("cells", COLOURS, 0, 60, 120, "alice");
    save_drawing("sextant", UTF8 | COLOURS, 3, 40, 100, "alice");
    save_drawing("plain_inverted", 2 | UTF8 | HALF, 4, 40, 100, "alice");
    save_drawing("url", UTF8, 5, 24, 80, "alice");
    save_drawing("prompt", PROMPT | NO_TERMINAL, 0, 24, 80, "alice");
    save_drawing("prompt_chosen", PROMPT | NO_TERMINAL, 4, 24, 80, "alice");
    save_drawing("no_account", NO_ACCOUNT | UTF8 | HALF | COLOURS, 0, 40, 100, "");
    save_drawing("wide_account", UTF8 | HALF | COLOURS, 0, 40, 100, "ren\xC3\xA9\xE2\x82\xAC");
    save_drawing("one_column", UTF8 | HALF | COLOURS, 0, 40, 1, "alice");
    save_drawing("no_columns", UTF8 | HALF | COLOURS, 0, 40, 0, "alice");
}

/* --- a whole login -------------------------------------------------------------------------------
 */

enum {
    NOBODY = 0,
    ALICE = 1,
    BOB = 2,
    MALLORY = 3,
    SUDO = 0,
    SSHD = 4,
    LOGIN = 8,
    POLKIT = 12,
    TTY = 16
};

#define LOGIN_OF(who)    (who), 0, 0, 0 /* no arguments, the first answer, no alarm */
#define NO_FAILURES      0
#define FAILS(call, how) 1, (call), (how)

static const char *const call_names[CALLS] = {
    [CALL_MALLOC] = "malloc",
    [CALL_CALLOC] = "calloc",
    [CALL_REALLOCARRAY] = "reallocarray",
    [CALL_MMAP] = "mmap",
    [CALL_OPEN] = "open",
    [CALL_FSTAT] = "fstat",
    [CALL_STAT] = "stat",
    [CALL_LSTAT] = "lstat",
    [CALL_READ] = "read",
    [CALL_SCANDIR] = "scandir",
    [CALL_SOCKETPAIR] = "socketpair",
    [CALL_SIGNALFD] = "signalfd",
    [CALL_CLONE] = "clone",
    [CALL_GETPWNAM] = "getpwnam",
    [CALL_SEND] = "send",
    [CALL_RECV] = "recv",
    [CALL_POLL] = "poll",
    [CALL_WAITPID] = "waitpid",
    [CALL_FMEMOPEN] = "fmemopen",
    [CALL_OPEN_MEMSTREAM] = "open_memstream",
    [CALL_VASPRINTF] = "vasprintf",
    [CALL_GETRANDOM] = "getrandom",
    [CALL_PAM_GET_ITEM] = "pam_get_item",
    [CALL_PAM_SET_ITEM] = "pam_set_item",
};

static void
save_logins(void)
{
    const char *t = "authenticate";

    save_bytes(t, "success", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_STATE,
               STEP_VERIFIED, 0, STEP_END, -1);
    save_bytes(t, "success_journal", ALICE | SUDO | TTY, 64, 0, 0, NO_FAILURES, STEP_QR, STEP_STATE,
               STEP_VERIFIED, 0, STEP_END, -1);
    save_bytes(t, "success_sshd", LOGIN_OF(ALICE | SSHD), NO_FAILURES, STEP_QR, STEP_VERIFIED, 2,
               STEP_END, -1);
    save_bytes(t, "success_identity_chooses", LOGIN_OF(NOBODY | LOGIN | TTY), NO_FAILURES, STEP_QR,
               STEP_VERIFIED, 1, -1);
    save_bytes(t, "success_person_chooses", NOBODY | LOGIN | TTY, 8, 1, 0, NO_FAILURES, STEP_QR,
               STEP_VERIFIED, 2, -1);
    save_bytes(t, "wrong_person", LOGIN_OF(BOB | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_VERIFIED,
               0, -1);
    save_bytes(t, "unknown_identity", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
               STEP_VERIFIED, 3, -1);
    save_bytes(t, "not_enrolled", LOGIN_OF(MALLORY | SUDO | TTY), NO_FAILURES, STEP_QR, -1);
    save_bytes(t, "verified_without_a_code", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "more_after_the_result", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
               STEP_VERIFIED, 0, STEP_VERIFIED, 0, -1);
    save_bytes(t, "refused", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_FAILED, 1,
               -1);
    save_bytes(t, "code_leads_elsewhere", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR_HOST,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "agent_dies", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_EXIT_CODE, 139,
               STEP_END, -1);
    save_bytes(t, "agent_hangs", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_HANG, -1);
    save_bytes(t, "slow_person", LOGIN_OF(ALICE | SSHD), NO_FAILURES, STEP_QR, STEP_WAIT, 20,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "ctrl_c", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_SIGNAL, 0, -1);
    save_bytes(t, "told_to_end", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_SIGNAL, 3,
               -1);
    save_bytes(t, "hangup", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_HANG_UP, -1);
    save_bytes(t, "alarm", ALICE | LOGIN | TTY, 0, 0, 30, NO_FAILURES, STEP_QR, STEP_HANG, -1);
    save_bytes(t, "nowhere", LOGIN_OF(ALICE | POLKIT), NO_FAILURES, STEP_QR, STEP_VERIFIED, 0, -1);
    save_bytes(t, "no_answer", ALICE | SSHD, 0, 3, 0, NO_FAILURES, STEP_QR, STEP_WAIT, 5,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "conversation_fails", ALICE | SUDO | TTY, 0, 4, 0, NO_FAILURES, STEP_QR,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "unknown_argument", ALICE | SUDO | TTY, 32, 0, 0, NO_FAILURES, STEP_QR, -1);
    save_bytes(t, "logs", ALICE | SUDO | TTY, 1, 0, 0, NO_FAILURES, STEP_LOG, 4, STEP_LOG, 6,
               STEP_QR, STEP_VERIFIED, 0, -1);
    save_bytes(t, "body_of_any_type", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_BODY, 18, 0,
               9, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1);
    save_bytes(t, "frame_of_any_bytes", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_FRAME, 0, 5,
               1, 17, 0, 1, 1, -1);
    for (int call = 0; call < CALLS; call++) {
        char name[32];
        snprintf(name, sizeof name, "first_%s_fails", call_names[call]);
        save_bytes(t, name, LOGIN_OF(ALICE | SUDO | TTY), FAILS(call, 0), STEP_QR, STEP_VERIFIED, 0,
                   -1);
        snprintf(name, sizeof name, "every_%s_fails", call_names[call]);
        save_bytes(t, name, LOGIN_OF(ALICE | SSHD), FAILS(call, 0x80), STEP_QR, STEP_VERIFIED, 0,
                   -1);
    }
    /* The host has named an account, and cannot be asked for it. */
    save_bytes(t, "account_unreadable", LOGIN_OF(ALICE | SUDO | TTY), FAILS(CALL_PAM_GET_ITEM, 1),
               STEP_QR, STEP_VERIFIED, 1, -1);
    save_bytes(t, "interrupted_recv", LOGIN_OF(ALICE | SUDO | TTY), FAILS(CALL_RECV, 0x40), STEP_QR,
               STEP_VERIFIED, 0, -1);
    save_bytes(t, "interrupted_waitpid", LOGIN_OF(ALICE | SUDO | TTY), FAILS(CALL_WAITPID, 0x40),
               STEP_QR, STEP_VERIFIED, 0, -1);
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s tests/fuzz/corpus\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    save_from_agent();
    save_from_module();
    save_replies();
    save_signicat();
    save_pictures();
    save_drawings();
    save_logins();
    return 0;
}
