/* See idin_qr_scene.h. */
#include "tests/unit/idin_qr_scene.h"

void
idin_qr_scene_begin(void)
{
    provider_scene_begin(&provider_idin_qr);
    provider_scene_set("qr_backend_url", "https://backend.example/generate");
    provider_scene_set("merchant_token", "token");
    provider_scene_set("merchant_sub_id", "7");
    provider_scene_set("signing_key", SCRIPT_KEY);
    provider_scene_set("signing_key_encoding", "text");
    provider_scene_set("status_url", "https://desk.example/status");
    provider_scene_set("cancel_url", "https://desk.example/cancel");
    provider_scene_set("qr_hosts", "qrcode.idin.nl");
    provider_scene_set("long_poll", "25");
    provider_scene_set("poll_interval", "2");
    script.picture =
        (struct qr_png_options){.payload = IDIN_QR_PAYLOAD, .module_px = 6, .quiet = 4};
    script_answer(IDIN_QR_GENERATED);
    script_answer(NULL);
}
