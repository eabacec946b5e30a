-- PostgreSQL as a store that refuses whoever led before: each write carries the fencing token of its term.
-- Tokens are integers of any length.
CREATE TABLE job (name text PRIMARY KEY, state text, token numeric NOT NULL);

CREATE FUNCTION refuse_former_leaders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.token < OLD.token THEN
        RAISE EXCEPTION 'token % is of a former leader: % has written', NEW.token, OLD.token;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_former_leaders BEFORE UPDATE ON job FOR EACH ROW EXECUTE FUNCTION refuse_former_leaders();

INSERT INTO job VALUES ('nightly', 'new', 0);

-- The leader writes, with its fencingToken:
--   UPDATE job SET state = 'done', token = 48213 WHERE name = 'nightly';
