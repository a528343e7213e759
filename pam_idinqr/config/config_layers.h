/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files make up the configuration, and in which order: the layering of Linux-PAM, shadow and
 * util-linux. Runs in the host (often root); knows nothing of what stands in the files. */
#ifndef IDQ_CONFIG_CONFIG_LAYERS_H
#define IDQ_CONFIG_CONFIG_LAYERS_H

#include "pam_idinqr/common/problem.h"

/* Reads one file; 0 goes on, anything else ends config_layers_each with it. */
typedef int config_layer_function(void *context, const char *path, struct problem *ret_problem);

/* Calls `read` for each file, in the order in which later ones win; see config_load. A main file
 * that is not there is an error. 0, IDQ_CONFIG, or what `read` returned. */
int config_layers_each(const char *path, config_layer_function *read, void *context,
                       struct problem *ret_problem);

/* The main file that config_load would read for this path. */
const char *config_layers_main(const char *path);

#endif
