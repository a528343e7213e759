-- SPDX-License-Identifier: BSD-3-Clause
-- The database of several relays: its schema and two roles. See POSTGRESQL in idinqr-relay(8).
-- A superuser runs this once:  psql -v ON_ERROR_STOP=1 -f idinqr-relay.sql
-- The roles get no password here. Type \password idinqr_relay, or use certificates (pg_hba.conf).

CREATE ROLE idinqr_migrate LOGIN; -- makes and changes the tables: idinqr-relay migrate
CREATE ROLE idinqr_relay LOGIN;   -- reads and writes rows, and no more: every other command

CREATE DATABASE idinqr TEMPLATE template0 ENCODING 'UTF8';
\connect idinqr

-- No other role may connect, and none of the two may make a table in another schema.
REVOKE ALL ON DATABASE idinqr FROM PUBLIC;
GRANT CONNECT ON DATABASE idinqr TO idinqr_migrate, idinqr_relay;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA idinqr AUTHORIZATION idinqr_migrate;
GRANT USAGE ON SCHEMA idinqr TO idinqr_relay;

-- Of the tables that idinqr_migrate makes.
ALTER DEFAULT PRIVILEGES FOR ROLE idinqr_migrate IN SCHEMA idinqr
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO idinqr_relay;
