/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the wire, in its two directions: right ones, and each with one thing wrong. See
 * seeds.h. */
#include "tests/fuzz/seeds.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/target.h"

#include <string.h>
#include <syslog.h>

static void
save_frame(const char *target, const char *name, struct frame *frame)
{
    MUST(!frame->broken);
    frame->bytes[2] = (unsigned char)((frame->size - FRAME_HEADER) >> 8);
    frame->bytes[3] = (unsigned char)(frame->size - FRAME_HEADER);
    seeds_save(target, name, frame->bytes, frame->size);
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
    struct qr_message qr = {.payload = SEEDS_PAYLOAD, .lifetime_s = 120};
    FRAME_AUTO frame;

    save_qr("qr", qr);
    strcpy(qr.user_code, "WDJB-MJHT");
    save_qr("qr_with_user_code", qr);
    strcpy(qr.user_code, "\x1b[2J");
    save_qr("qr_with_escape_in_user_code", qr);
    qr.user_code[0] = '\0';
    strcpy(qr.payload, "http://qrcode.idin.nl/");
    save_qr("qr_without_tls", qr);
    save_result("result_verified", IDQ_OK, "NLINGB3x4u89498qe4", 0);
    save_result("result_with_all", IDQ_OK, "NLINGB3x4u89498qe4", 1);
    save_result("result_verified_without_subject", IDQ_OK, "", 0);
    save_result("result_control_character", IDQ_OK, "NL\x1b[2J", 0);
    save_result("result_refused", IDQ_REFUSED, "", 0);
    save_result("result_refused_with_subject", IDQ_REFUSED, "NLINGB3x4u89498qe4", 0);
    save_result("result_refused_with_all", IDQ_REFUSED, "", 1);
    message_write_result(&frame, &(struct result_message){.outcome = IDQ_REFUSED,
                                                          .transaction = "1234567890123456"});
    save_frame("wire_from_agent", "result_refused_with_transaction", &frame);
    save_result("result_of_no_number", -99, "", 0);
    message_write_state(&frame, STATE_SCANNED);
    save_frame("wire_from_agent", "state_scanned", &frame);
    message_write_log(&frame, LOG_WARNING, "backend.example: no answer");
    save_frame("wire_from_agent", "log", &frame);
    message_write_log(&frame, LOG_WARNING, "a\nb\x1b[2J");
    save_frame("wire_from_agent", "log_of_two_lines", &frame);
    message_write_key(&frame, &(struct key_message){
                                  .type = KEY_RSA, .kid = "k", .first = "AQ", .second = "AQAB"});
    save_frame("wire_from_agent", "key", &frame);
    message_write_key(&frame, &(struct key_message){.type = KEY_ED25519, .first = "\",\"d\":\"A"});
    save_frame("wire_from_agent", "key_with_quotation_marks", &frame);
    message_write_ask(&frame, 3, "1234567890123456");
    save_frame("wire_from_agent", "ask", &frame);
    message_write_ask(&frame, 0, "");
    save_frame("wire_from_agent", "ask_without_tries", &frame);
    frame_begin(&frame, 77);
    save_frame("wire_from_agent", "unknown_type", &frame);
    frame_put_u8(&frame, 1);
    frame.bytes[0] = 2;
    save_frame("wire_from_agent", "other_version", &frame);
    frame_begin(&frame, MESSAGE_STATE);
    frame_put_u8(&frame, STATE_SCANNED);
    frame_put_u8(&frame, 0);
    save_frame("wire_from_agent", "byte_left_over", &frame);
    seeds_save_bytes("wire_from_agent", "header_cut", 1, 16, 0, -1);
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
    start.purpose = PURPOSE_PROBE;
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "probe", &frame);
    start.purpose = PURPOSE_KEYS;
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "fetch", &frame);
    start.purpose = PURPOSE_LOGIN;
    start.n_settings = 0;
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "start_without_settings", &frame);
    frame.bytes[frame.size - 1] = 255;
    save_frame("wire_from_module", "more_settings_than_there_are", &frame);
    strcpy(start.key_set, "{\"keys\":[]}");
    message_write_start(&frame, &start);
    save_frame("wire_from_module", "start_with_keys", &frame);
    frame_begin(&frame, MESSAGE_START);
    frame_put_bytes(&frame, "a\0b", 3);
    save_frame("wire_from_module", "text_with_a_zero_byte", &frame);
    message_write_state(&frame, STATE_SCANNED);
    save_frame("wire_from_module", "not_a_start", &frame);
    message_write_number(&frame, "012345");
    save_frame("wire_from_module", "number", &frame);
    message_write_number(&frame, "12345");
    save_frame("wire_from_module", "number_of_five_digits", &frame);
}

/* Frames of one direction behind each other, behind the byte that says which. */
struct sequence {
    unsigned char bytes[40000];
    size_t size;
};

static void
begin(struct sequence *sequence, int to_agent)
{
    sequence->bytes[0] = (unsigned char)to_agent;
    sequence->size = 1;
}

static void
add(struct sequence *sequence, struct frame *frame)
{
    MUST(!frame->broken && sequence->size + frame->size <= sizeof sequence->bytes);
    frame->bytes[2] = (unsigned char)((frame->size - FRAME_HEADER) >> 8);
    frame->bytes[3] = (unsigned char)(frame->size - FRAME_HEADER);
    memcpy(sequence->bytes + sequence->size, frame->bytes, frame->size);
    sequence->size += frame->size;
}

static void
add_part(struct sequence *sequence, const char *text)
{
    FRAME_AUTO frame;

    (void)message_write_part(&frame, text, strlen(text));
    add(sequence, &frame);
}

static void
save(const struct sequence *sequence, const char *target, const char *name)
{
    seeds_save(target, name, sequence->bytes, sequence->size);
}

static void
save_fetch(void)
{
    const struct fetch_setup setup = {.ca_file = "/etc/ca.pem", .n_ports = 2, .ports = {443, 8443}};
    const struct fetch_request request = {.url = "https://backend.example/status",
                                          .body = "{}",
                                          .body_size = 2,
                                          .content_type = "application/json",
                                          .authorization = "Bearer token",
                                          .signature_name = "x-idin-qr-hash",
                                          .max_size = 65536,
                                          .timeout_ms = 10000};
    struct fetch_response response = {.status = 200,
                                      .body_size = 2,
                                      .content_type = "application/json",
                                      .signature = "abc",
                                      .signature_count = 1,
                                      .retry_after_s = -1};
    static struct sequence sequence;
    FRAME_AUTO frame;

    begin(&sequence, 0);
    message_write_setup(&frame, &setup);
    add(&sequence, &frame);
    message_write_request(&frame, &request);
    add(&sequence, &frame);
    add_part(&sequence, "{}");
    message_write_empty(&frame, MESSAGE_CANCEL);
    add(&sequence, &frame);
    save(&sequence, "wire_fetch", "to_fetch");
    begin(&sequence, 1);
    message_write_answer(&frame, 0, &response);
    add(&sequence, &frame);
    add_part(&sequence, "{}");
    message_write_log(&frame, LOG_WARNING, "backend.example: no answer");
    add(&sequence, &frame);
    message_write_answer(&frame, IDQ_UNREACHABLE, &response);
    add(&sequence, &frame);
    save(&sequence, "wire_fetch", "to_agent");
    begin(&sequence, 1);
    message_write_answer(&frame, 0, &response);
    add(&sequence, &frame);
    add_part(&sequence, "{}}");
    save(&sequence, "wire_fetch", "too_long_a_part");
    begin(&sequence, 1);
    response.body_size = 20001;
    message_write_answer(&frame, 0, &response);
    add(&sequence, &frame);
    save(&sequence, "wire_fetch", "too_large_an_answer");
}

static void
save_picture(void)
{
    struct code_message code = {.payload = SEEDS_PAYLOAD};
    static struct sequence sequence;
    FRAME_AUTO frame;

    begin(&sequence, 0);
    message_write_picture(&frame, 6);
    add(&sequence, &frame);
    add_part(&sequence, "no ");
    add_part(&sequence, "png");
    save(&sequence, "wire_picture", "to_reader");
    begin(&sequence, 1);
    message_write_code(&frame, &code);
    add(&sequence, &frame);
    code = (struct code_message){.outcome = IDQ_PICTURE};
    message_write_code(&frame, &code);
    add(&sequence, &frame);
    save(&sequence, "wire_picture", "to_agent");
    begin(&sequence, 1);
    frame_begin(&frame, MESSAGE_CODE);
    frame_put_u8(&frame, 0);
    frame_put_text(&frame, "https://qr.example/\033[2J");
    add(&sequence, &frame);
    save(&sequence, "wire_picture", "escape");
}

void
seeds_wire(void)
{
    save_fetch();
    save_picture();
    save_from_agent();
    save_from_module();
}
