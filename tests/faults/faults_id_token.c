/* What a success of an OpenID provider can hold: no ID token, one that is none, and one that is not
 * for us, not of now, of nobody, or of too little assurance. There is no jwks_file here, so that
 * the signature is not looked at, as DECISIONS.md explains; rows say so. */
#include "tests/faults/fault.h"

/* Claims of a right token, in parts, so that a row can leave one out. */
#define OURS  "\"iss\":\"$URL\",\"aud\":\"desk\""
#define TIMES ",\"iat\":$NOW,\"exp\":$IN_AN_HOUR"
#define SUB   ",\"sub\":\"$BIN\",\"acr\":\"high\""

static const struct fault faults[] = {
    {.name = "id-token-html",
     .broken = "the right token, as text/html",
     .peer = {.at = PEER_SUCCESS, .answer = {.content_type = "text/html"}},
     .expected = {BAD_REPLY},
     .detail = "not JSON"},
    {.name = "id-token-truncated",
     .broken = "half of the answer's JSON",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.body = "{\"access_token\":\"a\",\"id_token\":\"$ID_TOK"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-body-cut",
     .broken = "half of the body that the length promises, once",
     .peer = {.at = PEER_SUCCESS, .times = 1, .act = PEER_TRUNCATE},
     .expected = {VERIFIED}},
    {.name = "id-token-of-100-mb",
     .broken = "an answer of 100 MB",
     .peer = {.at = PEER_SUCCESS, .act = PEER_HUGE_BODY},
     .expected = {BAD_REPLY},
     .detail = "larger than"},
    {.name = "id-token-missing",
     .broken = "a success without an ID token",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.body = "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}"}},
     .expected = {BAD_REPLY},
     .detail = "is openid in oauth_scope?"},
    {.name = "id-token-null",
     .broken = "null for an ID token",
     .peer = {.at = PEER_SUCCESS, .answer = {.body = "{\"id_token\":null}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-list",
     .broken = "a list of ID tokens",
     .peer = {.at = PEER_SUCCESS, .answer = {.body = "{\"id_token\":[\"$ID_TOKEN\"]}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-twice",
     .broken = "two members of the name id_token",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.body = "{\"id_token\":\"$ID_TOKEN\",\"id_token\":\"$ID_TOKEN\"}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-claims-in-the-answer",
     .broken = "the claims beside a token, and none in it",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.body = "{\"id_token\":\"\",\"iss\":\"$URL\",\"sub\":\"$BIN\"}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-garbage",
     .broken = "a text that is no token",
     .peer = {.at = PEER_SUCCESS, .answer = {.body = "{\"id_token\":\"a b.c!.d\"}"}},
     .expected = {BAD_REPLY},
     .detail = "ID token: it is not header.claims.signature"},
    {.name = "id-token-four-parts",
     .broken = "a part more than a token has",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_end = ".YQ.YQ"}},
     .expected = {BAD_REPLY}},

    {.name = "id-token-no-signature",
     .broken = "a token that ends where its signature should be",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_end = "."}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-two-parts",
     .broken = "a token of two parts",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_end = ""}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-alg-none",
     .broken = "a token that says that it is not signed",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "{\"alg\":\"none\"}"}},
     .expected = {BAD_REPLY},
     .detail = "it is not signed"},
    {.name = "id-token-alg-none-in-capitals",
     .broken = "the same in other letters",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "{\"alg\":\"nOnE\"}"}},
     .expected = {BAD_REPLY},
     .detail = "it is not signed"},
    {.name = "id-token-alg-missing",
     .broken = "a token that does not say how it is signed",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "{\"kid\":\"1\"}"}},
     .expected = {BAD_REPLY},
     .detail = "its header is none"},
    {.name = "id-token-alg-number",
     .broken = "a number for the algorithm",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "{\"alg\":7}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-header-list",
     .broken = "a list in place of the header",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "[\"RS256\"]"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-crit",
     .broken = "a header that wants more understood than is",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.token_header = "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}"}},
     .expected = {BAD_REPLY},
     .detail = "asks for more than is understood"},
    {.name = "id-token-wrong-key",
     .broken = "nothing that counts: the signature is nobody's, and TLS vouches for the token",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_end = ".AAAA"}},
     .expected = {VERIFIED}},
    {.name = "id-token-hs256",
     .broken = "nothing that counts: HS256, as if signed with a public key",
     .peer = {.at = PEER_SUCCESS, .answer = {.token_header = "{\"alg\":\"HS256\",\"kid\":\"1\"}"}},
     .expected = {VERIFIED}},
    {.name = "id-token-unknown-kid",
     .broken = "nothing that counts: a key that nobody has",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.token_header = "{\"alg\":\"RS256\",\"kid\":\"../../x\"}"}},
     .expected = {VERIFIED}},

    {.name = "id-token-claims-broken",
     .broken = "claims that are an object without its end",
     .peer = {.at = PEER_SUCCESS, .answer = {.claims = "{" OURS TIMES SUB}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-claims-list",
     .broken = "a list in place of the claims",
     .peer = {.at = PEER_SUCCESS, .answer = {.claims = "[{" OURS TIMES SUB "}]"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-claims-deep",
     .broken = "5000 arrays in a claim",
     .peer = {.at = PEER_SUCCESS, .answer = {.claims = "{\"a\":" DEEP}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-two-issuers",
     .broken = "two members of the name iss",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES SUB ",\"iss\":\"$URL\""
                                   "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-expired",
     .broken = "a token that ended an hour ago",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS SUB ",\"iat\":$NOW,\"exp\":$AN_HOUR_AGO"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "ID token: it has expired"},
    {.name = "id-token-of-another-day",
     .broken = "a token that was made an hour before this login, and is good still",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS SUB ",\"iat\":$AN_HOUR_AGO,\"exp\":$IN_AN_HOUR"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "issued before this login"},
    {.name = "id-token-issued-tomorrow",
     .broken = "a token that was made in an hour",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS SUB ",\"iat\":$IN_AN_HOUR,\"exp\":$IN_AN_HOUR"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "issued in the future"},
    {.name = "id-token-not-yet-valid",
     .broken = "a token that is valid from an hour later on",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES SUB ",\"nbf\":$IN_AN_HOUR"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "it is not valid yet"},
    {.name = "id-token-no-exp",
     .broken = "a token without an end",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS SUB ",\"iat\":$NOW"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "it has no exp and iat"},
    {.name = "id-token-exp-in-words",
     .broken = "a text for the end",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS SUB ",\"iat\":$NOW,\"exp\":\"$IN_AN_HOUR\""
                                   "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-wrong-clock",
     .broken = "the provider's clock is years behind, and so is its token",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.headers = "Date: Fri, 01 Jan 2021 00:00:00 GMT\r\n",
                         .claims = "{" OURS SUB ",\"iat\":1609459200,\"exp\":1609462800"
                                   "}"}},
     .expected = {WRONG_CLOCK}},
    {.name = "id-token-wrong-iss",
     .broken = "another issuer's token",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims =
                             "{"
                             "\"iss\":\"https://evil.example\",\"aud\":\"desk\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY},
     .detail = "another issuer's"},
    {.name = "id-token-iss-with-a-slash",
     .broken = "the issuer, and a slash behind it",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{"
                                   "\"iss\":\"$URL/\",\"aud\":\"desk\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-no-iss",
     .broken = "a token without an issuer",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{"
                                   "\"aud\":\"desk\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-wrong-aud",
     .broken = "another client's token",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{"
                                   "\"iss\":\"$URL\",\"aud\":\"another\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY},
     .detail = "it is for another client"},
    {.name = "id-token-aud-prefix",
     .broken = "a client whose name begins as ours",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{"
                                   "\"iss\":\"$URL\",\"aud\":\"desk2\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-no-aud",
     .broken = "a token for nobody",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{"
                                   "\"iss\":\"$URL\",\"azp\":\"desk\"" TIMES SUB "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-several-aud",
     .broken = "a token for us and another, which does not say who asked for it",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims =
                             "{"
                             "\"iss\":\"$URL\",\"aud\":[\"another\",\"desk\"]" TIMES SUB "}"}},
     .expected = {BAD_REPLY},
     .detail = "another client asked for it"},
    {.name = "id-token-several-aud-other-azp",
     .broken = "a token for us and another, which the other one asked for",
     .peer =
         {.at = PEER_SUCCESS,
          .answer = {.claims =
                         "{"
                         "\"iss\":\"$URL\",\"aud\":[\"another\",\"desk\"],\"azp\":\"another\"" TIMES
                             SUB "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-several-aud-with-azp",
     .broken = "nothing: a token for us and another, which we asked for",
     .peer =
         {.at = PEER_SUCCESS,
          .answer = {.claims =
                         "{"
                         "\"iss\":\"$URL\",\"aud\":[\"another\",\"desk\"],\"azp\":\"desk\"" TIMES
                             SUB "}"}},
     .expected = {VERIFIED}},
    {.name = "id-token-nonce",
     .broken = "nothing that counts: a nonce, where the grant has none to compare it with",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES SUB ",\"nonce\":\"x\""
                                   "}"}},
     .expected = {VERIFIED}},

    {.name = "id-token-no-sub",
     .broken = "a token that is about nobody",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY},
     .detail = "no usable identity"},
    {.name = "id-token-sub-empty",
     .broken = "an empty identity",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-sub-number",
     .broken = "a number for an identity",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":12345678"
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-sub-list",
     .broken = "a list of identities",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":[\"$BIN\"]"
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-sub-of-5-kb",
     .broken = "an identity of 5000 characters that begins as the right one",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims =
                             "{" OURS TIMES ",\"sub\":\"$BIN" THOUSAND("01234") "\""
                                                                                ",\"acr\":\"high\""
                                                                                "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-sub-with-nul",
     .broken = "the right identity, and behind it a zero byte and more",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\\u0000x\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {BAD_REPLY}},
    {.name = "id-token-sub-with-newline",
     .broken = "the right identity, and behind it a newline",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\\n\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-sub-transient",
     .broken = "an identity for one visit",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"TRANSabc\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {TRANSIENT}},
    {.name = "id-token-sub-of-a-stranger",
     .broken = "the right identity, and a character more",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN.\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {UNKNOWN_IDENTITY}},
    {.name = "id-token-sub-elsewhere",
     .broken = "the identity in another claim than subject_claim",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"bin\":\"$BIN\""
                                   ",\"acr\":\"high\""
                                   "}"}},
     .expected = {NO_IDENTITY}},
    {.name = "id-token-acr-low",
     .broken = "a lower level of assurance than is required",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\""
                                   ",\"acr\":\"low\""
                                   "}"}},
     .expected = {LOW_ASSURANCE},
     .detail = "not one of required_acr"},
    {.name = "id-token-acr-missing",
     .broken = "no level of assurance",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\""
                                   ""
                                   "}"}},
     .expected = {LOW_ASSURANCE},
     .detail = "not one of required_acr"},
    {.name = "id-token-acr-of-two-words",
     .broken = "a level that has the required one in it",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\""
                                   ",\"acr\":\"low high\""
                                   "}"}},
     .expected = {LOW_ASSURANCE}},
    {.name = "id-token-acr-number",
     .broken = "a number for a level of assurance",
     .peer = {.at = PEER_SUCCESS,
              .answer = {.claims = "{" OURS TIMES ",\"sub\":\"$BIN\""
                                   ",\"acr\":3"
                                   "}"}},
     .expected = {BAD_REPLY},
     .detail = "its acr is not a short text"},
};

const struct fault_layer fault_layer_id_token = {"id-token", faults,
                                                 sizeof faults / sizeof faults[0], "oidc-device"};
