/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, on a link from the agent. `idinqr show` runs it too. It
 * allocates nothing and builds no static tables, because an application may run several logins at
 * once. */
#include "pam_idinqr/qr/qr_codewords.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <string.h>

/* ISO/IEC 18004, table 9. A level is omitted if each payload that fits it also fits the previous
 * version at level L. */
static const struct {
    unsigned short n_bytes; /* bytes of data and error correction */
    struct {
        unsigned char n_blocks, n_check; /* bytes of error correction in each block */
    } levels[QR_LEVELS];
} versions[QR_VERSION_MAX] = {
    {26, {{1, 7}, {1, 10}, {1, 13}, {1, 17}}},
    {44, {{1, 10}, {1, 16}, {1, 22}}},
    {70, {{1, 15}, {1, 26}}},
    {100, {{1, 20}, {2, 18}}},
    {134, {{1, 26}, {2, 24}}},
    {172, {{2, 18}}},
    {196, {{2, 20}}},
    {242, {{2, 24}}},
    {292, {{2, 30}}},
    {346, {{4, 18}}},
    {404, {{4, 20}}},
    {466, {{4, 24}}},
    {532, {{4, 26}}},
    {581, {{4, 30}}},
    {655, {{6, 22}}},
    {733, {{6, 24}}},
    {815, {{6, 28}}},
    {901, {{6, 30}}},
    {991, {{7, 28}}},
    {1085, {{8, 28}}},
    {1156, {{8, 28}}},
    {1258, {{9, 28}}},
    {QR_CODEWORDS_MAX, {{9, 30}}},
};

_Static_assert(4 + 16 + 8 * QR_PAYLOAD_MAX <= 8 * (QR_CODEWORDS_MAX - 9 * 30),
               "the largest version holds each payload");

#define CHECK_MAX 30

static unsigned
data_bytes(unsigned version, enum qr_level level)
{
    unsigned n_blocks = versions[version - 1].levels[level].n_blocks;

    return n_blocks == 0 ? 0
                         : versions[version - 1].n_bytes -
                               n_blocks * versions[version - 1].levels[level].n_check;
}

/* --- the payload as bits --- */

struct bits {
    unsigned char bytes[QR_CODEWORDS_MAX]; /* zero from the last bit on */
    unsigned n;
};

static void
put(struct bits *bits, unsigned value, unsigned n)
{
    for (; n > 0; n--, bits->n++)
        if (value >> (n - 1) & 1)
            bits->bytes[bits->n / 8] |= (unsigned char)(0x80 >> bits->n % 8);
}

/* Ends the payload: a terminator if it fits, zero bits up to a whole byte, and the standard's two
 * padding bytes in turn. */
static void
pad(struct bits *bits, unsigned n_data)
{
    unsigned n = bits->n + 4 < 8 * n_data ? bits->n + 4 : 8 * n_data;

    bits->n = (n + 7) / 8 * 8;
    for (unsigned value = 0xEC; bits->n < 8 * n_data; value ^= 0xEC ^ 0x11)
        put(bits, value, 8);
}

static unsigned
count_bits(unsigned version)
{
    return version < 10 ? 8 : 16;
}

/* One segment of bytes: its mode, its size and the payload. */
static void
write_payload(struct bits *bits, const char *payload, unsigned version, unsigned n_data)
{
    size_t size = strlen(payload);

    put(bits, 4, 4);
    put(bits, (unsigned)size, count_bits(version));
    for (size_t i = 0; i < size; i++)
        put(bits, (unsigned char)payload[i], 8);
    pad(bits, n_data);
}

static bool
fits(size_t size, unsigned version, enum qr_level level)
{
    return 4 + count_bits(version) + 8 * size <= 8 * data_bytes(version, level);
}

/* --- error correction --- */

/* Arithmetic in the field of 256 elements with the polynomial x^8 + x^4 + x^3 + x^2 + 1. */
static unsigned char
multiply(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (unsigned bit = 8; bit-- > 0;) {
        product = product << 1 ^ (product >> 7) * 0x11D;
        product ^= (b >> bit & 1) * a;
    }
    return (unsigned char)product;
}

/* The product of x - 2^i for i from 0 to n - 1: its coefficients from x^(n - 1) on. */
static void
make_generator(unsigned n, unsigned char ret_generator[CHECK_MAX])
{
    unsigned char root = 1;

    memset(ret_generator, 0, CHECK_MAX);
    ret_generator[n - 1] = 1;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < n; j++)
            ret_generator[j] = (unsigned char)(multiply(ret_generator[j], root) ^
                                               (j + 1 < n ? ret_generator[j + 1] : 0));
        root = multiply(root, 2);
    }
}

/* The remainder of the data divided by the generator. */
static void
divide(const unsigned char *data, unsigned n_data, const unsigned char *generator, unsigned n_check,
       unsigned char ret_check[CHECK_MAX])
{
    memset(ret_check, 0, CHECK_MAX);
    for (unsigned i = 0; i < n_data; i++) {
        unsigned factor = data[i] ^ ret_check[0];
        for (unsigned j = 0; j < n_check; j++)
            ret_check[j] = (unsigned char)(multiply(generator[j], factor) ^
                                           (j + 1 < n_check ? ret_check[j + 1] : 0));
    }
}

/* Divides the data into blocks. If they cannot all have the same size, the last ones are a byte
 * longer. The code stores the first byte of each block, then the second of each, and so on. The
 * error correction follows in the same order. */
static void
interleave(const unsigned char *data, unsigned n_data, struct qr_codewords *codewords)
{
    unsigned n_blocks = versions[codewords->version - 1].levels[codewords->level].n_blocks;
    unsigned n_check = versions[codewords->version - 1].levels[codewords->level].n_check;
    unsigned n_least = n_data / n_blocks, n_short = n_blocks - n_data % n_blocks;
    unsigned char generator[CHECK_MAX], check[CHECK_MAX];

    make_generator(n_check, generator);
    for (unsigned block = 0; block < n_blocks; block++) {
        unsigned size = n_least + (block >= n_short);
        for (unsigned i = 0; i < n_least; i++)
            codewords->bytes[i * n_blocks + block] = data[i];
        if (size > n_least)
            codewords->bytes[n_least * n_blocks + block - n_short] = data[n_least];
        divide(data, size, generator, n_check, check);
        for (unsigned i = 0; i < n_check; i++)
            codewords->bytes[n_data + i * n_blocks + block] = check[i];
        data += size;
    }
    secret_wipe(check, sizeof check);
}

int
qr_codewords_make(const char *payload, struct qr_codewords *ret_codewords)
{
    size_t size = strlen(payload);
    unsigned version = 1, level = QR_LEVEL_L;
    struct bits bits = {.n = 0};

    if (size == 0 || size > QR_PAYLOAD_MAX)
        return IDQ_PICTURE;
    /* Level L gives the smallest code, which fits most terminals. */
    while (!fits(size, version, QR_LEVEL_L))
        version++;
    /* Error correction that fits in the same size costs no cell. It helps a camera through glare
     * and odd glyphs. */
    while (level + 1 < QR_LEVELS && fits(size, version, level + 1))
        level++;
    *ret_codewords = (struct qr_codewords){
        .version = version, .level = level, .n_bytes = versions[version - 1].n_bytes};
    write_payload(&bits, payload, version, data_bytes(version, level));
    interleave(bits.bytes, data_bytes(version, level), ret_codewords);
    secret_wipe(&bits, sizeof bits);
    return 0;
}

void
qr_codewords_wipe(struct qr_codewords *codewords)
{
    secret_wipe(codewords, sizeof *codewords);
}
