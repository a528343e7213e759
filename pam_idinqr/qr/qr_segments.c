/* SPDX-License-Identifier: BSD-3-Clause */
/* The module and `idinqr show` run this on any text. ISO/IEC 18004, 7.4. */
#include "pam_idinqr/qr/qr_segments.h"

#include <limits.h>
#include <string.h>

/* Three digits share 10 bits, and two capitals 11. Costs are counted in sixths of a bit, so that
 * they are whole numbers. A segment that ends within a group of characters takes whole bits. */
#define SIXTHS 6
#define NEVER  (UINT_MAX / 2)

static const unsigned character_cost[QR_MODES] = {
    [QR_DIGITS] = 10 * SIXTHS / 3, [QR_CAPITALS] = 11 * SIXTHS / 2, [QR_BYTES] = 8 * SIXTHS};

unsigned
qr_segments_count_bits(enum qr_mode mode, unsigned version)
{
    static const unsigned count_bits[QR_MODES][3] = {
        [QR_DIGITS] = {10, 12, 14}, [QR_CAPITALS] = {9, 11, 13}, [QR_BYTES] = {8, 16, 16}};

    return count_bits[mode][version < 10 ? 0 : version < 27 ? 1 : 2];
}

/* The bits of the mode and of the number of characters. */
static unsigned
header_cost(enum qr_mode mode, unsigned version)
{
    return SIXTHS * (4 + qr_segments_count_bits(mode, version));
}

unsigned
qr_segments_capital(char c)
{
    static const char capitals[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    const char *at = c != '\0' ? strchr(capitals, c) : NULL;

    return at ? (unsigned)(at - capitals) : QR_NO_CAPITAL;
}

static int
can_write(enum qr_mode mode, char c)
{
    switch (mode) {
    case QR_DIGITS:
        return c >= '0' && c <= '9';
    case QR_CAPITALS:
        return qr_segments_capital(c) != QR_NO_CAPITAL;
    default:
        return 1;
    }
}

static unsigned
whole_bits(unsigned cost)
{
    return (cost + SIXTHS - 1) / SIXTHS * SIXTHS;
}

/* Returns the lowest cost of reaching a character in `mode`, given the costs of reaching the
 * previous one. *ret_from is the mode of the previous one. */
static unsigned
cheapest_way(enum qr_mode mode, const unsigned *costs, unsigned header, unsigned char *ret_from)
{
    unsigned best = costs[mode];

    *ret_from = (unsigned char)mode;
    for (unsigned from = 0; from < QR_MODES; from++) {
        unsigned cost = whole_bits(costs[from]) + header;
        if (cost < best) {
            best = cost;
            *ret_from = (unsigned char)from;
        }
    }
    return best;
}

/* Finds the cheapest path to each mode, character by character, and then walks back from the
 * cheapest end. */
unsigned
qr_segments_cut(const char *payload, unsigned version, unsigned char ret_modes[QR_PAYLOAD_MAX])
{
    unsigned char from[QR_PAYLOAD_MAX][QR_MODES];
    unsigned costs[QR_MODES], least = NEVER;
    size_t size = strlen(payload);
    unsigned char mode = QR_BYTES;

    if (size == 0 || size > QR_PAYLOAD_MAX)
        return 0;
    for (size_t i = 0; i < size; i++) {
        unsigned next[QR_MODES];
        for (unsigned to = 0; to < QR_MODES; to++) {
            unsigned header = header_cost(to, version);
            if (!can_write(to, payload[i]))
                next[to] = NEVER;
            else if (i == 0)
                next[to] = header + character_cost[to];
            else
                next[to] = cheapest_way(to, costs, header, &from[i][to]) + character_cost[to];
        }
        memcpy(costs, next, sizeof costs);
    }
    for (unsigned i = QR_MODES; i-- > 0;) /* a tie: prefer bytes, and fewer segments */
        if (whole_bits(costs[i]) < least) {
            least = whole_bits(costs[i]);
            mode = (unsigned char)i;
        }
    for (size_t i = size; i-- > 0; mode = i > 0 ? from[i][mode] : mode)
        ret_modes[i] = mode;
    return least / SIXTHS;
}
