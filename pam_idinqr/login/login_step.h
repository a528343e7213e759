/* SPDX-License-Identifier: BSD-3-Clause */
/* What a login comes by, in this order, for who measures it. One not seen is passed over. */
#ifndef IDQ_LOGIN_LOGIN_STEP_H
#define IDQ_LOGIN_LOGIN_STEP_H

enum login_step {
    LOGIN_AGENT_STARTED,
    LOGIN_CODE_SHOWN,
    LOGIN_SCANNED,
    LOGIN_VERIFIED,
    LOGIN_STEPS,
};

#endif
