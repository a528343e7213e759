/* See messages.h. */
#include "pam_idinqr/wire/messages.h"

#include "pam_idinqr/common/characters.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <string.h>
#include <syslog.h>

void
message_write_start(struct frame *frame, const struct start_message *start)
{
    frame_begin(frame, start->is_probe ? MESSAGE_PROBE : MESSAGE_START);
    frame_put_text(frame, start->provider);
    frame_put_text(frame, start->language);
    frame_put_text(frame, start->station);
    frame_put_u32(frame, start->timeout_ms);
    frame_put_text(frame, start->ca_file);
    frame_put_text(frame, start->pin_sha256);
    frame_put_text(frame, start->proxy);
    frame_put_u8(frame, (uint8_t)start->n_settings);
    for (size_t i = 0; i < start->n_settings; i++) {
        frame_put_text(frame, start->settings[i].keyword);
        frame_put_text(frame, start->settings[i].value);
    }
}

int
message_read_start(struct frame *frame, struct start_message *ret_start)
{
    memset(ret_start, 0, sizeof *ret_start);
    ret_start->is_probe = frame_type(frame) == MESSAGE_PROBE;
    frame_get_text(frame, ret_start->provider, sizeof ret_start->provider);
    frame_get_text(frame, ret_start->language, sizeof ret_start->language);
    frame_get_text(frame, ret_start->station, sizeof ret_start->station);
    ret_start->timeout_ms = frame_get_u32(frame);
    frame_get_text(frame, ret_start->ca_file, sizeof ret_start->ca_file);
    frame_get_text(frame, ret_start->pin_sha256, sizeof ret_start->pin_sha256);
    frame_get_text(frame, ret_start->proxy, sizeof ret_start->proxy);
    ret_start->n_settings = frame_get_u8(frame);
    if (ret_start->n_settings <= PROVIDER_SETTINGS_MAX) {
        for (size_t i = 0; i < ret_start->n_settings; i++) {
            frame_get_text(frame, ret_start->settings[i].keyword,
                           sizeof ret_start->settings[i].keyword);
            frame_get_text(frame, ret_start->settings[i].value,
                           sizeof ret_start->settings[i].value);
        }
        if (frame_end(frame) == 0)
            return 0;
    }
    start_wipe(ret_start);
    return IDQ_AGENT;
}

const char *
start_setting(const struct start_message *start, const char *keyword)
{
    for (size_t i = 0; i < start->n_settings; i++)
        if (strcmp(start->settings[i].keyword, keyword) == 0)
            return start->settings[i].value;
    return "";
}

static size_t
modules_size(unsigned size)
{
    return ((size_t)size * size + 7) / 8;
}

void
message_write_qr(struct frame *frame, const struct qr_message *qr)
{
    frame_begin(frame, MESSAGE_QR);
    frame_put_text(frame, qr->payload);
    frame_put_u32(frame, qr->lifetime_s);
    frame_put_u8(frame, qr->code.size);
    frame_put_bytes(frame, qr->code.modules, modules_size(qr->code.size));
    frame_put_text(frame, qr->user_code);
}

int
qr_is_dark(const struct qr_code *code, unsigned x, unsigned y)
{
    unsigned bit = y * code->size + x;

    return code->modules[bit / 8] >> (7 - bit % 8) & 1;
}

/* ISO/IEC 18004 figure 3: a finder pattern is a dark 3x3 square in a light ring in a dark ring.
 * What lacks one in three corners is no QR code, whoever sent it. */
static int
has_finder(const struct qr_code *code, unsigned left, unsigned top)
{
    for (unsigned y = 0; y < 7; y++)
        for (unsigned x = 0; x < 7; x++) {
            unsigned from_edge = x < 6 - x ? x : 6 - x;
            unsigned from_top = y < 6 - y ? y : 6 - y;
            unsigned ring = from_edge < from_top ? from_edge : from_top;
            if (qr_is_dark(code, left + x, top + y) != (ring != 1))
                return 0;
        }
    return 1;
}

static int
is_qr_code(const struct qr_code *code)
{
    unsigned last_bits = (unsigned)code->size * code->size % 8;

    if (last_bits && code->modules[modules_size(code->size) - 1] & (0xFF >> last_bits))
        return 0;
    return has_finder(code, 0, 0) && has_finder(code, code->size - 7u, 0) &&
           has_finder(code, 0, code->size - 7u);
}

int
message_read_qr(struct frame *frame, struct qr_message *ret_qr)
{
    struct https_url url;
    const unsigned char *modules;
    size_t size;

    memset(ret_qr, 0, sizeof *ret_qr);
    frame_get_text(frame, ret_qr->payload, sizeof ret_qr->payload);
    ret_qr->lifetime_s = frame_get_u32(frame);
    ret_qr->code.size = frame_get_u8(frame);
    modules = frame_get_bytes(frame, &size);
    frame_get_text(frame, ret_qr->user_code, sizeof ret_qr->user_code);
    if (frame_end(frame) == 0 && ret_qr->code.size >= QR_SIZE_MIN &&
        ret_qr->code.size <= QR_SIZE_MAX && (ret_qr->code.size - QR_SIZE_MIN) % 4 == 0 &&
        size == modules_size(ret_qr->code.size) &&
        https_url_parse(ret_qr->payload, strlen(ret_qr->payload), &url) == 0 &&
        characters_are_printable_ascii(ret_qr->user_code, strlen(ret_qr->user_code))) {
        memcpy(ret_qr->code.modules, modules, size);
        if (is_qr_code(&ret_qr->code))
            return 0;
    }
    memset(ret_qr, 0, sizeof *ret_qr);
    return IDQ_AGENT;
}

void
message_write_state(struct frame *frame, enum login_state state)
{
    frame_begin(frame, MESSAGE_STATE);
    frame_put_u8(frame, (uint8_t)state);
}

int
message_read_state(struct frame *frame, enum login_state *ret_state)
{
    uint8_t state = frame_get_u8(frame);

    if (frame_end(frame) != 0 || state != STATE_SCANNED)
        return IDQ_AGENT;
    *ret_state = STATE_SCANNED;
    return 0;
}

void
message_write_result(struct frame *frame, const struct result_message *result)
{
    frame_begin(frame, MESSAGE_RESULT);
    frame_put_u8(frame, (uint8_t)-result->outcome);
    frame_put_text(frame, result->subject);
    frame_put_text(frame, result->issuer);
    frame_put_text(frame, result->loa);
    frame_put_text(frame, result->transaction);
}

/* They go to terminals, logs and the map, where a control character would be believed. */
static int
is_clean_result(const struct result_message *result)
{
    return characters_are_not_controls(result->subject, strlen(result->subject)) &&
           characters_are_clean(result->issuer, strlen(result->issuer)) &&
           characters_are_clean(result->loa, strlen(result->loa)) &&
           characters_are_clean(result->transaction, strlen(result->transaction));
}

int
message_read_result(struct frame *frame, struct result_message *ret_result)
{
    memset(ret_result, 0, sizeof *ret_result);
    ret_result->outcome = -(int)frame_get_u8(frame);
    frame_get_text(frame, ret_result->subject, sizeof ret_result->subject);
    frame_get_text(frame, ret_result->issuer, sizeof ret_result->issuer);
    frame_get_text(frame, ret_result->loa, sizeof ret_result->loa);
    frame_get_text(frame, ret_result->transaction, sizeof ret_result->transaction);
    if (frame_end(frame) == 0 && error_is_known(ret_result->outcome) &&
        is_clean_result(ret_result)) {
        int verified = ret_result->outcome == IDQ_OK;
        int has_subject = ret_result->subject[0] != '\0';
        int has_more = ret_result->issuer[0] || ret_result->loa[0] || ret_result->transaction[0];
        if (verified ? has_subject : !has_subject && !has_more)
            return 0;
    }
    result_wipe(ret_result);
    ret_result->outcome = IDQ_AGENT;
    return IDQ_AGENT;
}

void
message_write_probed(struct frame *frame, int outcome)
{
    frame_begin(frame, MESSAGE_PROBED);
    frame_put_u8(frame, (uint8_t)-outcome);
}

int
message_read_probed(struct frame *frame, int *ret_outcome)
{
    int outcome = -(int)frame_get_u8(frame);

    if (frame_end(frame) != 0 || !error_is_known(outcome))
        return IDQ_AGENT;
    *ret_outcome = outcome;
    return 0;
}

void
message_write_log(struct frame *frame, int priority, const char *line)
{
    size_t size = strlen(line);

    frame_begin(frame, MESSAGE_LOG);
    frame_put_u8(frame, (uint8_t)priority);
    frame_put_bytes(frame, line, size < LOG_LINE_MAX ? size : LOG_LINE_MAX);
}

int
message_read_log(struct frame *frame, struct log_message *ret_log)
{
    memset(ret_log, 0, sizeof *ret_log);
    ret_log->priority = frame_get_u8(frame);
    frame_get_text(frame, ret_log->line, sizeof ret_log->line);
    if (frame_end(frame) != 0 || ret_log->priority < LOG_ERR || ret_log->priority > LOG_DEBUG) {
        memset(ret_log, 0, sizeof *ret_log);
        return IDQ_AGENT;
    }
    characters_make_loggable(ret_log->line);
    return 0;
}

void
start_wipe(struct start_message *start)
{
    secret_wipe(start, sizeof *start);
}

void
result_wipe(struct result_message *result)
{
    secret_wipe(result, sizeof *result);
}
