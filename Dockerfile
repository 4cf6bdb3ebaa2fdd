# The command pgq on a Java runtime. Build it in the root of a clone: docker build -t pgq .
# docs/deployment.md shows how to add your handlers.
FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /src
COPY . .
RUN mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl pgqueuer-cli -am package

FROM eclipse-temurin:21-jre
COPY --from=build /src/pgqueuer-cli/target/pgq.jar /opt/pgq/pgq.jar
COPY --from=build /src/pgqueuer-cli/target/lib /opt/pgq/lib
RUN useradd --system pgq
USER pgq
ENV LC_ALL=C.UTF-8
ENTRYPOINT ["java", "-jar", "/opt/pgq/pgq.jar"]
