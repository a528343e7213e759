/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of one HTTP answer of a peer (peer.h): right, but for what the script says. Test code.
 */
#ifndef IDQ_TESTS_PEER_REPLY_H
#define IDQ_TESTS_PEER_REPLY_H

#include "tests/faults/peer.h"

/* `size` bytes, of which the first head_size are the headers; owned. */
struct peer_reply {
    char *bytes;
    size_t size, head_size;
};

/* Draws the picture of an answer that has `draw`, which may take longer than a client waits: the
 * answer then has a body, which the caller frees. */
void peer_reply_prepare(const struct peer *peer, const struct peer_person *person,
                        struct peer_answer *answer);

/* The answer at a stage; `word` is the status that is due. `answer` may be all zero. */
struct peer_reply peer_reply_make(const struct peer *peer, const struct peer_person *person,
                                  enum peer_stage stage, const char *word,
                                  const struct peer_answer *answer, enum peer_act act);

#endif
