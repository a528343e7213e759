/* Run by the agent on a link that a backend sent, and by `idinqr show`. */
#include "pam_idinqr/qr/qr_encode.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/qr/qr_segments.h"

#include <qrencode.h>
#include <string.h>

#define N_LEVELS 4

/* The bytes that a code of each version holds beside its error correction, at the levels L, M, Q
 * and H: ISO/IEC 18004, table 7. 0 where all that fits would fit the version before at L.
 * libqrencode has these too, and tells them to nobody; it would take a whole code, each tried with
 * eight masks, to learn whether a payload fits. No further than QR_PAYLOAD_MAX bytes need. */
static const unsigned short capacities[][N_LEVELS] = {
    {19, 16, 13, 9}, {34, 28, 22}, {55, 44}, {80, 64}, {108, 86}, {136},  {156},  {194},
    {232},           {274},        {324},    {370},    {428},     {461},  {523},  {589},
    {647},           {721},        {795},    {861},    {932},     {1006}, {1094},
};

#define N_VERSIONS (sizeof capacities / sizeof capacities[0])

static const QRecLevel levels[N_LEVELS] = {QR_ECLEVEL_L, QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};
static const QRencodeMode modes[QR_MODES] = {
    [QR_DIGITS] = QR_MODE_NUM, [QR_CAPITALS] = QR_MODE_AN, [QR_BYTES] = QR_MODE_8};

static void
code_free(QRcode **code)
{
    QRcode_free(*code);
}

#define CODE_AUTO __attribute__((cleanup(code_free))) QRcode

static void
input_free(QRinput **input)
{
    QRinput_free(*input);
}

#define INPUT_AUTO __attribute__((cleanup(input_free))) QRinput

static QRcode *
encode(const char *payload, const unsigned char *cut, unsigned version, QRecLevel level)
{
    INPUT_AUTO *input = QRinput_new2((int)version, level);
    size_t size = strlen(payload), end;

    if (!input)
        return NULL;
    for (size_t begin = 0; begin < size; begin = end) {
        for (end = begin + 1; end < size && cut[end] == cut[begin];)
            end++;
        if (QRinput_append(input, modes[cut[begin]], (int)(end - begin),
                           (const unsigned char *)payload + begin))
            return NULL;
    }
    return QRcode_encodeInput(input);
}

/* A module of libqrencode's is a byte, dark when its lowest bit is set. */
static void
pack(const QRcode *code, struct qr_code *ret_code)
{
    size_t n_modules = (size_t)code->width * (size_t)code->width;

    memset(ret_code, 0, sizeof *ret_code);
    for (size_t i = 0; i < n_modules; i++)
        if (code->data[i] & 1)
            ret_code->modules[i / 8] |= (unsigned char)(0x80 >> i % 8);
    ret_code->size = (uint8_t)code->width;
}

int
qr_encode(const char *payload, struct qr_code *ret_code)
{
    unsigned char cut[QR_PAYLOAD_MAX];
    unsigned version = 0, n_bits, level = N_LEVELS;

    /* Level L makes the code that fits most terminals. */
    do
        n_bits = qr_segments_cut(payload, ++version, cut);
    while (version < N_VERSIONS && n_bits > 8U * capacities[version - 1][0]);
    /* The error correction that happens to fit in the same size costs no cell, and helps a camera
     * through glare and odd glyphs. */
    while (level > 0 && n_bits > 8U * capacities[version - 1][level - 1])
        level--;
    if (n_bits == 0 || level == 0)
        return IDQ_PICTURE;
    CODE_AUTO *code = encode(payload, cut, version, levels[level - 1]);
    if (!code || code->width != (int)(QR_SIZE_MIN + 4 * (version - 1)))
        return IDQ_SYSTEM;
    pack(code, ret_code);
    return 0;
}
