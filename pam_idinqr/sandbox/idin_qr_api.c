/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/handlers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/sandbox/settings_file.h"
#include "pam_idinqr/sandbox/signers.h"
#include "pam_idinqr/sandbox/fields.h"
#include "pam_idinqr/web/http.h"

#include <jansson.h>
#include <png.h>
#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The comma is an error in the documentation of the real backend, and perhaps in the backend too. A
 * client must accept it. */
#define JSON_TYPE_GENERATE "application/json, charset=UTF-8"

#define SLOW_MS              1000
#define LIFETIME_LOGIN_MAX_S (15 * 60)
#define LIFETIME_MANY_MAX_S  (31 * 24 * 3600)

/* How a reply is signed. */
enum signing {
    SIGNED,
    SIGNED_WRONG,
    SIGNED_NOT,
};

/* Takes over `root`, and replies with it. */
static int
reply_json(const struct sandbox *sandbox, struct http_reply *reply, unsigned status,
           const char *type, json_t *root, enum signing signing)
{
    char signature[BODY_SIGNER_TEXT_SIZE];

    if (json_reply(reply, status, type, root) < 0)
        return IDQ_SYSTEM;
    if (signing == SIGNED_NOT)
        return HTTP_REPLY;
    if (body_signer_sign(sandbox, reply->body, reply->body_size, signing == SIGNED_WRONG,
                         signature) < 0)
        return IDQ_SYSTEM;
    return http_reply_header(reply, "x-idin-qr-hash", signature);
}

static int
reply_error(const struct sandbox *sandbox, struct http_reply *reply, unsigned status,
            const char *field, const char *why)
{
    return reply_json(sandbox, reply, status, JSON_TYPE,
                      json_pack("{s:s, s:s}", "field", field, "message", why), SIGNED);
}

/* What every request of a merchant must be: JSON with the right fields and the right token. 1 when
 * it is; else 0 with the reply filled in, or IDQ_SYSTEM. */
static int
admit(const struct sandbox *sandbox, const struct http_request *request, enum merchant_request kind,
      struct idin_qr_fields *ret_fields, struct http_reply *reply)
{
    const char *field, *why;

    if (!http_content_type_is(request->content_type, JSON_TYPE))
        return reply_error(sandbox, reply, 415, "content-type", "must be application/json");
    if (idin_qr_fields_read(kind, request->body, request->body_size, ret_fields, &field, &why) < 0)
        return reply_error(sandbox, reply, 400, field, why);
    if (!secret_equal_bytes(ret_fields->merchant_token, sandbox->merchant_token, TOKEN_UUID_SIZE))
        return reply_error(sandbox, reply, 401, "merchant_token", "is not known");
    return 1;
}

#define LINK_SIZE (SANDBOX_URL_MAX + 64)

static void
write_payload(const struct sandbox *sandbox, const struct code *code, char ret_link[LINK_SIZE])
{
    snprintf(ret_link, LINK_SIZE, "%s/q/%s", sandbox_code_url(sandbox), code->path);
}

static const char *
or_null(const char *text)
{
    return text[0] ? text : NULL;
}

int
idin_qr_api_generate(struct sandbox *sandbox, struct http_request *request,
                     struct http_reply *ret_reply)
{
    static const uint64_t never = 0;
    struct idin_qr_fields fields;
    struct code *code;
    char link[LINK_SIZE];
    enum signing signing = SIGNED;
    int admitted =
        admit(sandbox, request, sandbox->is_relay ? MERCHANT_RELAY_GENERATE : MERCHANT_GENERATE,
              &fields, ret_reply);

    if (admitted != 1)
        return admitted;
    if (fault_on(&sandbox->faults, FAULT_GENERATE_SLOW) && request->hold_until_ms == 0 &&
        !sandbox->stopping) {
        request->hold_until_ms = request->now_ms + SLOW_MS;
        request->watched = &never;
        return HTTP_HOLD;
    }
    enum code_use use = strcmp(fields.use_case, "01") == 0 ? CODE_USE_LOGIN : CODE_USE_MANY;
    int64_t lifetime_s = fields.expiration - sandbox_wall_clock_s(sandbox);
    if (lifetime_s <= 0)
        return reply_error(sandbox, ret_reply, 400, "expiration", "is in the past");
    if (use == CODE_USE_LOGIN && lifetime_s > LIFETIME_LOGIN_MAX_S)
        return reply_error(sandbox, ret_reply, 400, "expiration",
                           "is more than 15 minutes ahead, too far for use_case 01");
    if (lifetime_s > LIFETIME_MANY_MAX_S)
        return reply_error(sandbox, ret_reply, 400, "expiration", "is more than a month ahead");

    int error = codes_add(&sandbox->codes, CODE_IDIN_QR, use, lifetime_s * 1000, &code);
    if (error == IDQ_BUSY) {
        if (http_reply_header(ret_reply, "Retry-After", "60") < 0)
            return IDQ_SYSTEM;
        return reply_error(sandbox, ret_reply, 429, "body", "too many codes are in use");
    }
    if (error < 0)
        return error;
    code->size_px = (int)fields.size_px;
    if (fault_on(&sandbox->faults, FAULT_GENERATE_SIGNATURE_WRONG))
        signing = SIGNED_WRONG;
    if (fault_on(&sandbox->faults, FAULT_GENERATE_SIGNATURE_MISSING))
        signing = SIGNED_NOT;
    if (sandbox->is_relay) {
        code->place = fields.place;
        memcpy(code->nonce, fields.nonce, sizeof code->nonce);
        code->asks_number = sandbox->asks_number;
        code->picture_fetched = 1;
        write_payload(sandbox, code, link);
    } else {
        snprintf(link, sizeof link, "%s%s%s.png", sandbox->base_url, IDIN_QR_PICTURE_PATH,
                 code->picture_id);
    }
    return reply_json(sandbox, ret_reply, 200, JSON_TYPE_GENERATE,
                      json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "qr_id", code->qr_id,
                                sandbox->is_relay ? "qr_payload" : "qr_url", link, "nonce",
                                or_null(code->nonce), "station", or_null(code->place.station),
                                "service", or_null(code->place.service), "account",
                                or_null(code->place.account)),
                      signing);
}

int
idin_qr_api_picture(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    static const char garbage[] = "This is no picture.";
    const char *name = request->path + strlen(IDIN_QR_PICTURE_PATH);
    char picture_id[TOKEN_UUID_SIZE], payload[LINK_SIZE];
    unsigned char *png;
    size_t size;

    if (strlen(name) != TOKEN_UUID_SIZE - 1 + strlen(".png") ||
        strcmp(name + TOKEN_UUID_SIZE - 1, ".png") != 0)
        return reply_error(sandbox, ret_reply, 404, "path", "there is no such picture");
    snprintf(picture_id, sizeof picture_id, "%.*s", TOKEN_UUID_SIZE - 1, name);
    struct code *code = codes_by_picture(&sandbox->codes, picture_id);
    if (!code)
        return reply_error(sandbox, ret_reply, 404, "path", "there is no such picture");

    write_payload(sandbox, code, payload);
    int error = picture_png_draw(payload, code->size_px, &png, &size);
    if (error < 0)
        return error;
    code_picture_fetched(&sandbox->codes, code);
    if (fault_on(&sandbox->faults, FAULT_PICTURE_GARBAGE)) {
        free(png);
        return http_reply_copy(ret_reply, 200, "image/png", garbage, sizeof garbage - 1);
    }
    return http_reply_take(ret_reply, 200, "image/png", (char *)png, size);
}

/* Repeats the nonce of a question that has one. 0 or IDQ_SYSTEM. */
static int
repeat_nonce(const struct sandbox *sandbox, json_t *root, const char *nonce)
{
    unsigned char bytes[(CODE_NONCE_SIZE - 1) / 2];
    char other[CODE_NONCE_SIZE];

    if (nonce[0] == '\0' || fault_on(&sandbox->faults, FAULT_STATUS_NO_NONCE))
        return 0;
    if (fault_on(&sandbox->faults, FAULT_STATUS_OLD_NONCE)) {
        if (token_bytes(bytes, sizeof bytes) < 0)
            return IDQ_SYSTEM;
        characters_write_hex(bytes, sizeof bytes, other);
        nonce = other;
    }
    return json_object_set_new(root, "nonce", json_string(nonce)) == 0 ? 0 : IDQ_SYSTEM;
}

/* Sends a signed success of another code, as an attacker with a recording of an earlier login
 * could. It names a person that "anyone" enrolls, and has the right nonce. So a client that does
 * not compare qr_id would accept it. */
static int
reply_replay(const struct sandbox *sandbox, const char *nonce, struct http_reply *reply,
             enum signing signing)
{
    char bin[PERSON_BIN_MAX + 1], other_id[TOKEN_UUID_SIZE], transaction_id[CODE_TRANSACTION_SIZE];
    const struct bank *bank = bank_at(0);

    if (token_uuid(other_id) < 0 || token_digits(transaction_id, CODE_TRANSACTION_SIZE - 1) < 0 ||
        person_bin(person_at(0), bank, bin) < 0)
        return IDQ_SYSTEM;
    return reply_json(sandbox, reply, 200, JSON_TYPE,
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s*}", "qr_id", other_id,
                                "status", "success", "transaction_id", transaction_id, "issuer_id",
                                bank->bic, "bin", bin, "loa", SANDBOX_LEVEL_OF_ASSURANCE, "scans",
                                1, "nonce", nonce[0] ? nonce : NULL),
                      signing);
}

/* Names the person of a success: by the BIN, or as a relay does. 0 or IDQ_SYSTEM. */
static int
add_person(const struct sandbox *sandbox, json_t *root, const char *bin)
{
    const char *url = sandbox->base_url;
    char hash[IDENTITY_HASH_SIZE];
    struct https_url base;

    if (!bin[0] || fault_on(&sandbox->faults, FAULT_STATUS_NO_BIN))
        return 0;
    if (!sandbox->is_relay)
        return json_object_set_new(root, "bin", json_string(bin)) == 0 ? 0 : IDQ_SYSTEM;
    return https_url_parse(url, strlen(url), &base) == 0 &&
                   identity_hash(sandbox->map_key, SETTINGS_PROVIDER, base.host, bin, hash) == 0 &&
                   json_object_set_new(root, "identity", json_string(hash)) == 0
               ? 0
               : IDQ_SYSTEM;
}

/* The answer about a code as it stands; a success is used up by it. */
static int
reply_status(struct sandbox *sandbox, struct code *code, const char *nonce,
             struct http_reply *reply, enum signing signing)
{
    json_t *root = json_pack("{s:s, s:s, s:i}", "qr_id", code->qr_id, "status",
                             code_status_word(code->status), "scans", (int)code->scans);
    int bad = root == NULL || repeat_nonce(sandbox, root, nonce) < 0;

    if (code->status == CODE_NUMBER)
        bad |= json_object_set_new(root, "tries_left", json_integer((int)code->tries_left));
    if (code->status == CODE_SUCCESS) {
        bad |= json_object_set_new(root, "transaction_id", json_string(code->transaction_id));
        bad |= json_object_set_new(root, "issuer_id", json_string(code->issuer->bic));
        bad |= json_object_set_new(root, "loa", json_string(SANDBOX_LEVEL_OF_ASSURANCE));
        bad |= add_person(sandbox, root, code->bin);
    }
    if (bad) {
        json_decref(root);
        return IDQ_SYSTEM;
    }
    code_told(&sandbox->codes, code);
    return reply_json(sandbox, reply, 200, JSON_TYPE, root, signing);
}

int
idin_qr_api_status(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply)
{
    const struct faults *faults = &sandbox->faults;
    struct idin_qr_fields fields;
    enum signing signing = SIGNED;
    bool is_first = request->hold_until_ms == 0;
    int admitted =
        admit(sandbox, request, sandbox->is_relay ? MERCHANT_RELAY_STATUS : MERCHANT_STATUS,
              &fields, ret_reply);

    if (admitted != 1)
        return admitted;
    struct code *code = codes_by_qr_id(&sandbox->codes, CODE_IDIN_QR, fields.qr_id);
    if (!code || (sandbox->is_relay && strcmp(code->nonce, fields.nonce) != 0))
        return reply_error(sandbox, ret_reply, 404, "qr_id", "is not known");

    if (sandbox_asked(sandbox, code, !is_first) == IDQ_BUSY) {
        if (http_reply_header(ret_reply, "Retry-After", "1") < 0)
            return IDQ_SYSTEM;
        return reply_error(sandbox, ret_reply, 429, "body", "too many requests");
    }

    if (fault_on(faults, FAULT_STATUS_SIGNATURE_WRONG))
        signing = SIGNED_WRONG;
    if (fault_on(faults, FAULT_STATUS_SIGNATURE_MISSING))
        signing = SIGNED_NOT;
    if (fault_on(faults, FAULT_STATUS_OTHER_QR_ID))
        return reply_replay(sandbox, fields.nonce, ret_reply, signing);

    if (fields.number[0]) {
        code_take_number(&sandbox->codes, code, fields.number);
        return reply_status(sandbox, code, fields.nonce, ret_reply, signing);
    }
    if (is_first)
        request->hold_until_ms = request->now_ms + fields.wait_s * 1000;
    if (code_has_no_news(code) && request->now_ms < request->hold_until_ms && !sandbox->stopping &&
        !fault_on(faults, FAULT_NO_LONG_POLL)) {
        request->watched = &code->changes;
        return HTTP_HOLD;
    }
    return reply_status(sandbox, code, fields.nonce, ret_reply, signing);
}

int
idin_qr_api_cancel(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply)
{
    struct idin_qr_fields fields;
    int admitted = admit(sandbox, request, MERCHANT_CANCEL, &fields, ret_reply);

    if (admitted != 1)
        return admitted;
    struct code *code = codes_by_qr_id(&sandbox->codes, CODE_IDIN_QR, fields.qr_id);
    if (!code)
        return reply_error(sandbox, ret_reply, 404, "qr_id", "is not known");
    if (sandbox_cancel(sandbox, request, code) == HTTP_HOLD)
        return HTTP_HOLD;
    return reply_json(
        sandbox, ret_reply, 200, JSON_TYPE,
        json_pack("{s:s, s:s}", "qr_id", code->qr_id, "status", code_status_word(code->status)),
        SIGNED);
}

#define QUIET_ZONE   4 /* modules */
#define LOGO_PERCENT 20

enum color {
    COLOR_LIGHT,
    COLOR_DARK,
    COLOR_LOGO,
    COLOR_COUNT,
};

/* Red, green, blue. */
static const png_byte palette[COLOR_COUNT * 3] = {
    255, 255, 255, /* light */
    0,   0,   0,   /* dark */
    11,  95,  112, /* logo: the color of the phone's pages */
};

static void
draw_modules(png_bytep pixels, int size_px, const QRcode *qr, int module_px)
{
    int origin = (size_px - qr->width * module_px) / 2;

    for (int y = 0; y < qr->width * module_px; y++)
        for (int x = 0; x < qr->width * module_px; x++) {
            int module = y / module_px * qr->width + x / module_px;
            if (qr->data[module] & 1)
                pixels[(origin + y) * size_px + origin + x] = COLOR_DARK;
        }
}

/* A disc with a ring in it, on a white disc: a fictional logo. Error correction absorbs the modules
 * that it covers. */
static void
draw_logo(png_bytep pixels, int size_px, int logo_px)
{
    int r = logo_px / 2, center = size_px / 2;

    for (int y = -r; y <= r; y++)
        for (int x = -r; x <= r; x++) {
            int percent = (x * x + y * y) * 100 / (r * r); /* of the radius, squared */
            bool is_white = percent > 78 || (percent > 12 && percent < 30);
            if (percent <= 100)
                pixels[(center + y) * size_px + center + x] = is_white ? COLOR_LIGHT : COLOR_LOGO;
        }
}

int
picture_png_draw(const char *payload, int size_px, unsigned char **ret_png, size_t *ret_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_alloc_size_t png_size = 0;
    png_bytep pixels = NULL, png = NULL;
    int error = IDQ_SYSTEM;
    QRcode *qr = QRcode_encodeString8bit(payload, 0, QR_ECLEVEL_H);

    if (!qr)
        return IDQ_SYSTEM;
    int module_px = size_px / (qr->width + 2 * QUIET_ZONE);
    if (module_px < 1) {
        QRcode_free(qr);
        return IDQ_PICTURE;
    }
    image.width = (png_uint_32)size_px;
    image.height = (png_uint_32)size_px;
    image.format = PNG_FORMAT_RGB_COLORMAP;
    image.colormap_entries = COLOR_COUNT;
    pixels = calloc((size_t)size_px, (size_t)size_px);
    if (pixels) {
        draw_modules(pixels, size_px, qr, module_px);
        draw_logo(pixels, size_px, qr->width * module_px * LOGO_PERCENT / 100);
        png_size = PNG_IMAGE_PNG_SIZE_MAX(image);
        png = malloc(png_size);
    }
    if (png && png_image_write_to_memory(&image, png, &png_size, 0, pixels, 0, palette)) {
        *ret_png = png;
        *ret_size = png_size;
        png = NULL;
        error = 0;
    }
    png_image_free(&image);
    free(png);
    free(pixels);
    QRcode_free(qr);
    return error;
}
