/* See matrix.h. */
#include "pam_idinqr/agent/matrix.h"

#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

static void
code_free(QRcode **code)
{
    QRcode_free(*code);
}

#define CODE_AUTO __attribute__((cleanup(code_free))) QRcode

/* The smaller of the two ways to write a payload: cut into runs of digits, capitals and bytes, or
 * all of it as bytes. libqrencode cuts by rules of thumb, which a short run can make longer than
 * none. */
static QRcode *
encode(const char *payload, QRecLevel level)
{
    QRcode *mixed = QRcode_encodeString(payload, 0, level, QR_MODE_8, 1);
    CODE_AUTO *bytes = QRcode_encodeString8bit(payload, 0, level);

    if (bytes && (!mixed || bytes->width < mixed->width)) {
        QRcode *smaller = bytes;
        bytes = mixed;
        return smaller;
    }
    return mixed;
}

/* A module of libqrencode's is a byte, dark when its lowest bit is set. */
static void
pack(const QRcode *code, struct qr_message *ret_qr)
{
    size_t n_modules = (size_t)code->width * (size_t)code->width;

    memset(ret_qr->modules, 0, sizeof ret_qr->modules);
    for (size_t i = 0; i < n_modules; i++)
        if (code->data[i] & 1)
            ret_qr->modules[i / 8] |= (unsigned char)(0x80 >> i % 8);
    ret_qr->size = (uint8_t)code->width;
}

int
matrix_make(struct qr_message *ret_qr)
{
    static const QRecLevel better[] = {QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};
    int width;

    if (ret_qr->payload[0] == '\0')
        return IDQ_PICTURE;
    {
        CODE_AUTO *code = encode(ret_qr->payload, QR_ECLEVEL_L);
        if (!code)
            return errno == ERANGE ? IDQ_PICTURE : IDQ_SYSTEM;
        if (code->width < QR_SIZE_MIN || code->width > QR_SIZE_MAX)
            return IDQ_SYSTEM;
        width = code->width;
        pack(code, ret_qr);
    }
    /* Level L makes the code that fits most terminals. The error correction that happens to fit in
     * the same size costs no cell, and helps a camera through glare and odd glyphs. */
    for (size_t i = 0; i < sizeof better / sizeof better[0]; i++) {
        CODE_AUTO *code = encode(ret_qr->payload, better[i]);
        if (!code || code->width != width)
            break;
        pack(code, ret_qr);
    }
    return 0;
}
