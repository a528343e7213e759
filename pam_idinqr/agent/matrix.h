/* A payload as the black and white modules of a QR code, small enough for a terminal. Pure. */
#ifndef IDQ_AGENT_MATRIX_H
#define IDQ_AGENT_MATRIX_H

#include "pam_idinqr/wire/messages.h"

/* Fills in `size` and `modules` of ret_qr for its payload, and nothing else: the smallest code that
 * holds it. 0, IDQ_PICTURE when no code can hold it (or it is empty), or IDQ_SYSTEM. */
int matrix_make(struct qr_message *ret_qr);

#endif
