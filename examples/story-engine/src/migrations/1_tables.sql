CREATE TABLE story (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    text text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE scene (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    story bigint NOT NULL REFERENCES story (id),
    number bigint NOT NULL,
    text text NOT NULL
);
CREATE INDEX ON scene (story, number);

CREATE TABLE character (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    story bigint NOT NULL REFERENCES story (id),
    name text NOT NULL,
    scenes bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON character (story, name);
